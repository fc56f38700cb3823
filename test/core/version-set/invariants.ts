import { expect } from 'vitest';
import type { ReleaseId } from '#core/words/digest.ts';
import type { Head, HistoryEntry, Placement } from '#core/version-set/head.ts';
import type { TransitionResult } from '#core/version-set/transition.ts';
import { activeHoldback } from '#core/version-set/holdback.ts';
import { release } from './build.ts';

/** Invariant 4: gap-free, totally ordered, each entry beginning where the one before ended. */
export const expectWholeHistory = (head: Head, archived: readonly HistoryEntry[]): readonly HistoryEntry[] => {
  const entries = [...archived.filter((entry) => entry.revision < head.revision), head.lastTransition];
  expect(entries.map((entry) => entry.revision)).toEqual(entries.map((_, index) => index + 1));
  entries.forEach((entry, index) => {
    const before = entries[index - 1];
    expect(entry.from).toEqual(before?.to);
    expect(before === undefined || before.at <= entry.at).toBe(true);
  });
  const holdback = activeHoldback(head);
  expect(head.lastTransition.to).toEqual({
    stable: head.stable,
    ...(head.candidate && { candidate: head.candidate.release }),
    ...(holdback && { holdback: holdback.release }),
    weightPercent: (head.candidate ?? holdback)?.weightPercent ?? 0,
  });
  expectSoundHoldback(head);
  return entries;
};

/** Those who stay back are on last-good, at most half of all, and never beside a candidate. */
export const expectSoundHoldback = ({ stable, lastGood, candidate, holdback }: Head): void => {
  if (!holdback) return;
  expect(holdback.release).toBe(lastGood);
  expect(lastGood).not.toBe(stable);
  expect(holdback.weightPercent).toBeLessThanOrEqual(50);
  if (candidate) expect(holdback).toMatchObject({ weightPercent: 0 });
  if (holdback.suspected) expect(holdback).toMatchObject({ weightPercent: 50 });
};

const barred = new Set([release('d'), release('e')]);

/** Invariants 1, 2 and 5 as far as one head can keep them, read off its history alone. */
export const expectSoundHistory = (entries: readonly HistoryEntry[]): void => {
  let running: string | undefined;
  for (const entry of entries) {
    const { kind, promotionId, from, to } = entry;
    claim(
      ![to.stable, to.candidate, to.holdback].some((one) => one !== undefined && barred.has(one)),
      'invariant 1: only sound releases',
      entry,
    );
    if (kind === 'start-canary') {
      claim(running === undefined, 'invariant 2: one promotion at a time', entry);
      running = promotionId;
    }
    if (kind === 'set-weight' || kind === 'promote' || kind === 'abort')
      claim(promotionId === running, 'invariant 2: a superseded promotion writes nothing', entry);
    if (to.candidate === undefined) running = undefined;
    else claim(running !== undefined, 'a candidate belongs to a promotion', entry);
    if (from !== undefined && from.stable !== to.stable) expectJustifiedMove(entry, from);
  }
};

/** Invariant 5: what is stable changes by evidence, by going back, or by ending a drill. */
const expectJustifiedMove = (entry: HistoryEntry, from: Placement): void => {
  const { kind, evidence, to } = entry;
  claim(kind === 'promote' || kind === 'roll-back' || kind === 'restore', 'invariant 5: no other way to stable', entry);
  if (kind !== 'promote') return;
  claim(evidence?.startsWith('decision of ') ?? false, 'invariant 5: a promotion names its evidence', entry);
  claim(to.stable === from.candidate, 'only the candidate is promoted', entry);
};

/** Invariant 7: one command leaves the candidate, and one leaves stable while there is a last-good. */
export const expectWayBack = (head: Head, leave: (release: ReleaseId) => TransitionResult): void => {
  const { stable, lastGood, candidate } = head;
  if (candidate && candidate.release !== stable) {
    const result = leave(candidate.release);
    expect(result).toMatchObject({ kind: 'moved', head: { stable } });
    expect(result).not.toHaveProperty('head.candidate');
  }
  if (lastGood !== stable) expect(leave(stable)).toMatchObject({ kind: 'moved', head: { stable: lastGood } });
};

const claim = (holds: boolean, what: string, entry: HistoryEntry): void => {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(entry)}`);
};
