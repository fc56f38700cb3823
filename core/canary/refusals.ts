import type { TestArm } from '../words/arm.ts';

/**
 * Refusals come in bursts: a pool that is full refuses all who ring in that moment. One call is then no evidence of its own, so calls are
 * compared by blocks of time, and a block is one observation, however its calls hang together.
 */
const blockMs = 30_000;
/** The shares of refused calls may differ by so much. */
const margin = 0.02;
/** Stakes of the bets. A block's difference lies within [-1, 1], so that no bet can lose more than it has. */
const stakes = [0.1, 0.3, 0.6, 0.9] as const;

interface Counts {
  readonly n: number;
  readonly refused: number;
}

interface Block {
  readonly startedMs: number;
  readonly stable: Counts;
  readonly candidate: Counts;
}

export interface RefusalTestState {
  /** The block that is under way; null before the first call. */
  readonly block: Block | null;
  /** A call was refused before: nearly always none is, and a test may begin at any moment that does not look ahead. */
  readonly begun: boolean;
  /** Logarithm of the wealth of each stake, for "the candidate refuses more" and for "fewer". */
  readonly more: readonly number[];
  readonly fewer: readonly number[];
}

/** Two arms compared by the calls that they refused, in both directions. */
export interface RefusalTest {
  /** Calls in order of their start, epoch milliseconds. */
  observe(arm: TestArm, refused: boolean, startedMs: number): void;
  /** Of the blocks that are over: the larger of the two directions, which share the evidence. */
  readonly logE: number;
  state(): RefusalTestState;
}

/**
 * Bets on the mean of bounded observations: whatever the blocks hold, none of which may look ahead, each bet's wealth expects to stay where
 * it is while the difference of a block expects to be within the margin, and so does their mean.
 * Source: Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting (2023)
 */
export const createRefusalTest = (from?: RefusalTestState): RefusalTest => {
  let state: RefusalTestState = from ?? {
    block: null,
    begun: false,
    more: stakes.map(() => 0),
    fewer: stakes.map(() => 0),
  };
  return {
    observe(arm, refused, startedMs) {
      if (state.block && startedMs >= state.block.startedMs + blockMs) state = closed(state, state.block);
      const block = state.block ?? { startedMs, stable: none, candidate: none };
      const { n, refused: before } = block[arm];
      const counts = { n: n + 1, refused: before + (refused ? 1 : 0) };
      state = { ...state, block: { ...block, [arm]: counts } };
    },
    get logE() {
      return Math.max(logMean(state.more), logMean(state.fewer)) - Math.LN2;
    },
    state: () => state,
  };
};

const none: Counts = { n: 0, refused: 0 };

/** A block without a call on one of the arms compares nothing. */
const closed = ({ begun, more, fewer }: RefusalTestState, { stable, candidate }: Block): RefusalTestState => {
  const begins = begun || stable.refused + candidate.refused > 0;
  if (!begun || stable.n === 0 || candidate.n === 0) return { block: null, begun: begins, more, fewer };
  const difference = candidate.refused / candidate.n - stable.refused / stable.n;
  return { block: null, begun: begins, more: bet(more, difference - margin), fewer: bet(fewer, -difference - margin) };
};

const bet = (logWealth: readonly number[], gain: number): readonly number[] =>
  logWealth.map((wealth, index) => wealth + Math.log1p((stakes[index] ?? 0) * gain));

const logMean = (logWealth: readonly number[]): number => {
  const most = Math.max(...logWealth);
  return most + Math.log(logWealth.reduce((sum, wealth) => sum + Math.exp(wealth - most), 0) / logWealth.length);
};
