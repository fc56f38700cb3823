import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type CallRecord, type CallRecords, readCall } from '#core/session/call-records.ts';
import { SessionId } from '#core/words/ids.ts';
import type { Comparison } from '#operations/canary/comparison.ts';

/** The records of a service with so many calls a second, for as long as anybody looks: made when they are asked for, and kept nowhere. */
export interface EndlessCalls {
  readonly calls: CallRecords;
  /** The record of call `index` as it stands at `nowMs`. */
  readonly record: (index: number, nowMs: number) => CallRecord;
  /** Records that were read so far. */
  readonly reads: () => number;
  /** From now on records are read as an adapter reads them: out of DynamoDB's items, through their schema. */
  readonly readFromItems: () => void;
}

export interface EndlessOptions {
  readonly comparison: Comparison;
  readonly perSecond: number;
  readonly clock: { readonly now: () => number };
}

const shortestMs = 20_000;
/** Shorter than W, so that no host has to vouch for a call. */
const longestMs = 420_000;
const openingMs = 120;
const stampingMs = 40;

/** A number in [0, 1) that belongs to a call: the same whenever it is read. */
const chanceOf = (index: number, salt: number): number => {
  let hash = (index + 1) * 0x9e3779b1 + salt * 0x85ebca6b;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
};

export const endlessCalls = ({ comparison, perSecond, clock }: EndlessOptions): EndlessCalls => {
  const beginMs = Date.parse(comparison.startedAt);
  const spacingMs = 1_000 / perSecond;
  const startOf = (index: number): number => beginMs + index * spacingMs;
  const endOf = (index: number): number =>
    Math.floor(startOf(index) + shortestMs + (longestMs - shortestMs) * chanceOf(index, 1) ** 2);
  const indexAt = (ms: number): number => Math.max(0, Math.ceil((ms - beginMs) / spacingMs));
  let read = 0;
  let isFromItems = false;

  const record = (index: number, nowMs: number): CallRecord => {
    const endedMs = endOf(index);
    const arm = chanceOf(index, 2) < 0.5 ? 'candidate' : 'stable';
    const failed = chanceOf(index, 3) < 0.05;
    const id = index.toString(16).padStart(32, '0');
    return {
      assignment: {
        sessionId: SessionId.parse(`session-${id}`),
        callerHash: `${id}${id}`,
        arm,
        promotionId: comparison.id,
        weightPercent: 50,
        probe: false,
        startedAt: new Date(startOf(index)).toISOString(),
      },
      countsInTest: true,
      openedAt: new Date(startOf(index) + openingMs).toISOString(),
      ...(endedMs + stampingMs <= nowMs && {
        result: {
          endedAt: new Date(endedMs).toISOString(),
          recordedAt: new Date(endedMs + stampingMs).toISOString(),
          outcome: failed ? 'failed' : 'completed',
          ...(failed && { errorClass: 'tool' }),
          costUsd: Math.round(200 * chanceOf(index, 4)) / 1_000,
          turns: 12,
          slowTurns: chanceOf(index, 5) < 0.05 ? 2 : 0,
        },
      }),
    };
  };
  const asRead = (index: number, nowMs: number) => {
    read += 1;
    const made = record(index, nowMs);
    return isFromItems ? readCall(unmarshall(itemOf(made)), made.assignment) : made;
  };

  return {
    record,
    reads: () => read,
    readFromItems: () => (isFromItems = true),
    calls: {
      async *started(_service, _set, from) {
        const nowMs = clock.now();
        for (let index = indexAt(from.getTime()); startOf(index) + openingMs <= nowMs; index += 1)
          yield asRead(index, nowMs);
      },
      async *changed(_service, _set, from) {
        const nowMs = clock.now();
        const fromMs = from.getTime();
        for (let index = indexAt(fromMs - longestMs - 1_000); startOf(index) + openingMs <= nowMs; index += 1) {
          const closedMs = endOf(index) + stampingMs;
          const changedMs = closedMs <= nowMs ? closedMs : startOf(index) + openingMs;
          if (changedMs >= fromMs) yield asRead(index, nowMs);
        }
      },
    },
  };
};

/** Making it is part of what is measured: about what the SDK needs to read one from the wire. */
const itemOf = (record: CallRecord) => marshall(record, { removeUndefinedValues: true });
