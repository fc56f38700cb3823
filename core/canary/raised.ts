export const stableSignals = ['errorRate', 'interventionRate', 'meanCost'] as const;
export type StableSignal = (typeof stableSignals)[number];

/** What stable seems to have become worse at, with its numbers. */
export interface Raised {
  readonly signal: StableSignal;
  readonly horizonSeconds: number;
  readonly calls: number;
  /** Rate or mean cost over those calls. */
  readonly value: number;
  readonly limit: number;
  /** Against what was measured of it before, or beyond any baseline. */
  readonly against: 'baseline' | 'floor';
}

const names = { errorRate: 'error rate', interventionRate: 'intervention rate', meanCost: 'mean cost' } as const;
const limits = {
  baseline: 'what was measured of it before and a margin',
  floor: 'the floor that holds for any service',
};

/** One sentence for people. */
export const raisedText = (raised: readonly Raised[]): string =>
  raised
    .map(({ signal, horizonSeconds, calls, value, limit, against }) => {
      const shown = (amount: number): string =>
        signal === 'meanCost' ? `$${amount.toFixed(2)}` : `${(100 * amount).toFixed(1)} %`;
      const within = signal === 'errorRate' ? ` within ${horizonSeconds} s of their start` : '';
      return `${names[signal]} ${shown(value)} over the last ${calls} callers${within}, above ${shown(limit)}: ${limits[against]}`;
    })
    .join('; ');
