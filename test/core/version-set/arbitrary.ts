import * as fc from 'fast-check';
import type { Command } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { at, clear, endHoldback, freeze, promotion, release, suspect, unfreeze } from './build.ts';

/** A command whose revisions and times are only known when it is sent: it refers to the head that its sender last read. */
export interface Intention {
  readonly label: string;
  readonly resolve: (seen: Head | undefined, now: number) => Command;
}

/** `d` is quarantined and `e` was never registered, so neither may ever come before callers. */
export const releases = ['a', 'b', 'c', 'd', 'e'] as const;
export const promotions = ['p', 'q', 'r', 's'] as const;

/** `stable` and `candidate` are whatever the sender sees as such; the others may be anything to the head. */
const anyRelease = fc.oneof(fc.constantFrom(...releases), fc.constantFrom('stable', 'candidate', 'left'));
const releaseSeen = (name: string, seen: Head | undefined): ReleaseId => {
  if (name === 'stable') return seen?.stable ?? release('a');
  if (name === 'candidate') return seen?.candidate?.release ?? seen?.stable ?? release('a');
  if (name === 'left') return seen?.lastTransition.from?.stable ?? release('b');
  return release(name);
};

/** Half of all commands come from the promotion that runs, the others from late or superseded ones. */
const anyPromotion = fc.oneof(fc.constantFrom(...promotions), fc.constant('running'));
const promotionSeen = (name: string, seen: Head | undefined): PromotionId =>
  name === 'running' ? (seen?.candidate?.promotionId ?? promotion('p')) : promotion(name);
const weight = fc.constantFrom(0, 5, 10, 25, 50, 100);
/** How many revisions ago the sender looked. */
const lag = fc.nat({ max: 3 });
const seenAt = (seen: Head | undefined, ago: number) => Math.max(1, (seen?.revision ?? 1) - ago);

/** Each promotion tries one release, as its id is a digest of it. */
const releaseOf = (name: (typeof promotions)[number]) => release({ p: 'b', q: 'c', r: 'a', s: 'd' }[name]);

export const intention: fc.Arbitrary<Intention> = fc.oneof(
  fc.constantFrom(...releases).map((name) => ({
    label: `initialize ${name}`,
    resolve: () => ({ kind: 'initialize', release: release(name), reason: 'first' }) as const,
  })),
  fc
    .record({ name: fc.constantFrom(...promotions), weightPercent: weight, ago: lag, lease: fc.constantFrom(5, 60) })
    .map((it) => ({
      label: `start-canary ${it.name}`,
      resolve: (seen: Head | undefined, now: number) =>
        ({
          kind: 'start-canary',
          promotionId: promotion(it.name),
          release: releaseOf(it.name),
          weightPercent: it.weightPercent,
          exposureUntil: at(now + it.lease),
          seenRevision: seenAt(seen, it.ago),
          reason: `promote by ${it.name}`,
        }) as const,
    })),
  fc.record({ name: anyPromotion, weightPercent: weight, ago: lag }).map((it) => ({
    label: `set-weight ${it.name} ${it.weightPercent}`,
    resolve: (seen: Head | undefined, now: number) =>
      ({
        kind: 'set-weight',
        promotionId: promotionSeen(it.name, seen),
        weightPercent: it.weightPercent,
        exposureUntil: at(now + 60),
        expectedRevision: seenAt(seen, it.ago),
        reason: 'step',
      }) as const,
  })),
  anyPromotion.map((name) => ({
    label: `renew-exposure ${name}`,
    resolve: (seen: Head | undefined, now: number) =>
      ({ kind: 'renew-exposure', promotionId: promotionSeen(name, seen), exposureUntil: at(now + 60) }) as const,
  })),
  fc.record({ name: anyPromotion, percent: fc.constantFrom(0, 2, 50), watch: fc.constantFrom(5, 60) }).map((it) => ({
    label: `promote ${it.name} with a holdback of ${it.percent} %`,
    resolve: (seen: Head | undefined, now: number) =>
      ({
        kind: 'promote',
        promotionId: promotionSeen(it.name, seen),
        evidence: { verdict: 'promote', decision: `decision of ${it.name}`, decidedAt: at(now) },
        ...(it.percent > 0 && { holdback: { weightPercent: it.percent, until: at(now + it.watch) } }),
        reason: 'no worse',
      }) as const,
  })),
  anyPromotion.map((name) => ({
    label: `abort ${name}`,
    resolve: (seen: Head | undefined) =>
      ({ kind: 'abort', promotionId: promotionSeen(name, seen), reason: 'worse' }) as const,
  })),
  fc.record({ name: fc.option(anyRelease), drill: fc.boolean() }).map(({ name, drill }) => ({
    label: `roll-back ${name ?? 'the latest'}${drill ? ' drill' : ''}`,
    resolve: (seen: Head | undefined) =>
      ({
        kind: 'roll-back',
        ...(name !== null && { from: releaseSeen(name, seen) }),
        reason: 'every call fails',
        ...(drill && { drill: true as const }),
      }) as const,
  })),
  anyRelease.map((name) => ({
    label: `restore ${name}`,
    resolve: (seen: Head | undefined) =>
      ({ kind: 'restore', release: releaseSeen(name, seen), reason: 'drill over' }) as const,
  })),
  fc.constant({ label: 'suspect', resolve: suspect }),
  fc.constant({ label: 'clear', resolve: clear }),
  fc.constant({ label: 'end-holdback', resolve: endHoldback }),
  fc.constant({ label: 'freeze', resolve: () => freeze }),
  fc.constant({ label: 'unfreeze', resolve: () => unfreeze }),
);

export const standing = (id: string) =>
  id === release('d') ? 'quarantined' : id === release('e') ? 'unknown' : 'registered';
