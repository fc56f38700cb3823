import { expect, test } from 'vitest';
import { allowedCommands } from '#core/version-set/state-rules.ts';
import { edgeSet, freeze, headAfter, initialize, productionSet, startCanary } from './build.ts';

const settled = headAfter(initialize());
const frozenCanary = headAfter(initialize(), startCanary(), freeze);

test('the table of rules is what consoles may offer', () => {
  expect(allowedCommands(undefined, productionSet)).toEqual(['initialize']);
  expect(allowedCommands(settled, productionSet)).toEqual([
    'start-canary',
    'suspect',
    'end-holdback',
    'roll-back',
    'restore',
    'freeze',
  ]);
  expect(allowedCommands(frozenCanary, productionSet)).not.toContain('promote');
  expect(allowedCommands(undefined, edgeSet)).toEqual(['publish']);
});
