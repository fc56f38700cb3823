import { timestampOf } from '#core/clock.ts';
import { episodeExpiresAt, fittedPage, type Page, type PageLog, type Pager } from '#core/promotion/pager.ts';
import type { Timestamp } from '#core/words/time.ts';
import { Items } from './items.ts';
import { type MemoryOptions, operate } from './wire.ts';

/** Pages that are kept: the newest. */
const maxKept = 1_000;

export interface MemoryPager extends Pager {
  /** What was sent, oldest first; the latest 1,000. */
  readonly sent: readonly Page[];
}

export const memoryPager = ({ wire }: MemoryOptions): MemoryPager => {
  const sent: Page[] = [];
  let count = 0;
  return {
    sent,
    send: (page) =>
      operate(wire, { store: 'pages', kind: 'write', key: page.subject }, () => {
        sent.push(fittedPage(page));
        if (sent.length > maxKept) sent.shift();
        count += 1;
        return `page-${count}`;
      }),
  };
};

interface Episode {
  readonly since: Timestamp;
  readonly closed: boolean;
}

export const memoryPageLog = (options: MemoryOptions): PageLog => {
  const marks = new Items<{ readonly sentAt: string }>({ name: 'page-log', ...options });
  const episodes = new Items<Episode>({
    name: 'page-episodes',
    expiresAt: ({ since }) => episodeExpiresAt(since) * 1_000,
    ...options,
  });
  const keyOf = (subject: string, kind: string) => `${subject}#${kind}`;
  return {
    wasSent: async (subject, kind) => (await marks.get(keyOf(subject, kind))) !== undefined,
    markSent: async (subject, kind) => {
      await marks.putOnce(keyOf(subject, kind), { sentAt: timestampOf(options.clock.now()) });
    },
    openSince: async (subject, kind) => {
      const episode = await episodes.get(keyOf(subject, kind));
      return episode?.closed === false ? episode.since : undefined;
    },
    open: async (subject, kind, since) => {
      await episodes.update(keyOf(subject, kind), (present) =>
        present?.closed === false ? undefined : { since, closed: false },
      );
    },
    close: async (subject, kind, since) => {
      await episodes.update(keyOf(subject, kind), (present) =>
        present?.closed === false && present.since === since ? { since, closed: true } : undefined,
      );
    },
  };
};
