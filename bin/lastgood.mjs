#!/usr/bin/env node
// The command `lastgood`. Node 24 runs TypeScript as it is; an older one cannot read it, so it hands over to the Node that
// is installed with the project (dev dependency `node`). This file is JavaScript because the older Node must read it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('lastgood.ts', import.meta.url);
if (Number(process.versions.node.split('.')[0]) >= 24) await import(program.href);
else {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `lastgood: it needs Node 24 or newer, this is ${process.versions.node}; run npm ci in its folder\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(program), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches both by itself; passed on, it would count as the second one, which ends the program at once.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
