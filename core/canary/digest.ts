import { createHash } from 'node:crypto';
import { Digest } from '../words/digest.ts';
import type { OrderedCall } from './call-order.ts';
import { isoOf } from './outcome.ts';
import { stampGraceMs, standing, standingAt } from './reading.ts';

/** Of no calls. */
export const emptyDigest = Digest.parse('0'.repeat(64));

/** SHA-256 in a chain, line after line, so that it can go on from what it was: digest = sha256(digest before, line). */
export const digestOfLines = (lines: Iterable<string>, from: Digest = emptyDigest): Digest => {
  let digest: string = from;
  for (const line of lines) digest = createHash('sha256').update(`${digest}\n${line}\n`).digest('hex');
  return Digest.parse(digest);
};

/**
 * One fixed line per call, so that absent, null and default fields give one digest: what the store had stamped of it by `atMs`, and
 * by the end of W if that is earlier.
 */
export const digestLine = (entry: OrderedCall, windowMs: number, atMs: number): string => {
  const { call, startedMs, endedMs, recordedMs, contradictory, misplaced } = entry;
  const untilMs = startedMs + windowMs + stampGraceMs;
  const knownMs = Math.min(atMs, untilMs);
  const isEnded = endedMs !== undefined && recordedMs <= knownMs && !contradictory && !misplaced;
  const head = [isoOf(startedMs), call.callerId, call.arm, call.weightPercent, call.sessionId ?? null];
  if (!isEnded) return JSON.stringify([...head, fateOf(entry, windowMs, knownMs, atMs >= untilMs)]);
  return JSON.stringify([
    ...head,
    endedMs,
    recordedMs,
    call.outcome ?? null,
    call.errorClass ?? null,
    call.escalated ?? call.outcome === 'escalated',
    call.costUsd ?? null,
    call.slowTurns ?? null,
    call.turns ?? null,
    call.taskSucceeded ?? null,
  ]);
};

const fateOf = (entry: OrderedCall, windowMs: number, knownMs: number, isSettled: boolean): string => {
  if (entry.misplaced) return 'misplaced';
  if (entry.contradictory) return 'contradictory';
  if (entry.refusedMs <= knownMs) return 'refused';
  if (!isSettled) return entry.lostMs <= knownMs ? 'lost' : 'open';
  return standingAt(entry, { ms: windowMs, isWindow: true }) === standing.alive ? 'alive' : 'lost';
};
