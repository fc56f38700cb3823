import type { HeadItems } from '#core/version-set/head-items.ts';
import type { Head, HistoryEntry } from '#core/version-set/head.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { type ItemChange, Items } from './items.ts';
import type { MemoryOptions } from './wire.ts';

/** Most version sets of a service that are listed. */
const maxSets = 200;

/** No transition makes so many revisions. */
const maxRevision = 9_999_999_999;

export interface MemoryHeadItems extends HeadItems {
  readonly heads: Items<Head>;
  readonly entries: Items<HistoryEntry>;
  /** How far the outbox of each set has been carried out. */
  readonly marks: Items<{ readonly revision: number }>;
}

export interface MemoryHeadOptions extends MemoryOptions, Pick<HeadItems, 'standing'> {
  /** Told every head that is written, in order. @default - nobody is told */
  readonly onChange?: (change: ItemChange<Head>) => void;
}

export const memoryHeadItems = ({ standing, onChange, ...options }: MemoryHeadOptions): MemoryHeadItems => {
  const heads = new Items<Head>({ name: 'heads', ...options, ...(onChange && { onChange }) });
  const entries = new Items<HistoryEntry>({ name: 'history', ...options });
  const marks = new Items<{ readonly revision: number }>({ name: 'outbox', ...options });
  return {
    heads,
    entries,
    marks,
    standing,
    read: (service, set) => heads.get(headKey(service, set)),
    list: (service) => heads.list(`${service}#`, maxSets),
    archive: async ({ service, set, revision, lastTransition }) => {
      await entries.putOnce(entryKey(service, set, revision), lastTransition);
    },
    async *archived(service, set, newest, limit) {
      yield* await entries.range(entryKey(service, set, newest), `${headKey(service, set)}#~`, limit);
    },
    replace: (from, to) =>
      heads.update(headKey(to.service, to.set), (present) => (present?.revision === from?.revision ? to : undefined)),
    settled: async (service, set) => (await marks.get(headKey(service, set)))?.revision ?? 0,
    settle: async (service, set, revision) => {
      await marks.update(headKey(service, set), (present) =>
        present !== undefined && present.revision >= revision ? undefined : { revision },
      );
    },
    renew: (head) => heads.update(headKey(head.service, head.set), (present) => renewed(present, head)),
  };
};

const headKey = (service: ServiceName, set: SetName): string => `${service}#${set}`;

/** Counts downwards, so that the newest entries come first. */
const entryKey = (service: ServiceName, set: SetName, revision: number): string =>
  `${headKey(service, set)}#${String(maxRevision - revision).padStart(10, '0')}`;

/** The present head with the longer lease; `undefined` when it is another revision or promotion, or its lease is as long. */
const renewed = (present: Head | undefined, { revision, candidate }: Head): Head | undefined => {
  const standing = present?.candidate;
  if (present?.revision !== revision || !standing || candidate?.promotionId !== standing.promotionId) return undefined;
  if (standing.exposureUntil >= candidate.exposureUntil) return undefined;
  return { ...present, candidate: { ...standing, exposureUntil: candidate.exposureUntil } };
};
