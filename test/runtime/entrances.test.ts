import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What a program gets from its surroundings. The mains hand it in, so that calls can be replayed and tests never sleep. */
const surroundings =
  /\bDate\.now\b|new Date\(\)|\bperformance\.|\bMath\.random\b|\brandomUUID\b|import .*randomBytes|(?<!socket\.)\bsetTimeout\(|\bsetInterval\(|\bAbortSignal\.timeout\b|\bprocess\.(env|hrtime)\b|node:timers/;

const sourcesOf = (room: string): readonly string[] =>
  readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('main.ts') && !path.endsWith('.d.ts'))
    .map((path) => join(room, path));

test.each(['runtime', 'callers'])('time, chance and environment reach %s through its entrances only', (room) => {
  const sources = sourcesOf(room);
  expect(sources.length).toBeGreaterThan(15);
  expect(sources.filter((path) => surroundings.test(readFileSync(path, 'utf8')))).toEqual([]);
});
