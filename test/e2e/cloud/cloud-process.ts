/** A program of the tests: runs an embedded cloud until it is killed, and tells where it is. `node … <folder> <assembly>` */
import { startCloud } from '#local/cloud.ts';

const [, , dataDir, assembly] = process.argv;
const cloud = await startCloud({
  port: 0,
  projectRoot: process.cwd(),
  ...(dataDir === undefined || dataDir === '' ? {} : { dataDir }),
  log: ({ line }) => process.stderr.write(`${line}\n`),
});
if (assembly !== undefined) await cloud.deploy(assembly);
process.stdout.write(`${JSON.stringify({ endpoint: cloud.endpoint })}\n`);
process.on('message', (message) => {
  if (message === 'processes') process.send?.(cloud.processes());
  if (message === 'close') void cloud.close().then(() => process.send?.('closed'));
});
