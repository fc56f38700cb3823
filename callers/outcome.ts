import { Outcome } from '#core/words/outcome.ts';

/** How a call ended, seen from the caller's end of the line. The truth about the task is in the session record. */
export type SeenOutcome =
  | Outcome
  /** The connection broke while the conversation went on. */
  | 'dropped'
  /** The call could not be started: no session, no connection. */
  | 'refused';

/** Why the call is over. */
export type CallEnd =
  | { readonly by: 'caller'; readonly why: 'scenario' | 'nothing-more-to-say' | 'silence' | 'stopped' }
  | { readonly by: 'agent'; readonly code: number; readonly reason: string }
  | { readonly by: 'network'; readonly problem: string };

/** The agent ended the conversation: WebSocket close code of a normal end. */
const normalClosure = 1000;

/**
 * @param heardAgent whether the agent said anything at all
 * An agent that ends a call normally may name the outcome as the close reason; without one it counts as completed.
 */
export const seenOutcome = (end: CallEnd, heardAgent: boolean): SeenOutcome => {
  switch (end.by) {
    case 'caller':
      return end.why === 'silence' ? 'failed' : 'abandoned';
    case 'network':
      return 'refused';
    case 'agent': {
      if (end.code !== normalClosure) return 'dropped';
      const named = Outcome.safeParse(end.reason);
      if (named.success) return named.data;
      return heardAgent ? 'completed' : 'failed';
    }
  }
};

/** One line about the end for people. */
export const describeEnd = (end: CallEnd): string => {
  switch (end.by) {
    case 'caller':
      return {
        scenario: 'the caller hung up, as the scenario says',
        'nothing-more-to-say': 'the caller hung up: the agent went on asking after the last line of the scenario',
        silence: 'the caller hung up: the agent was silent for too long',
        stopped: 'the caller hung up: callers were stopped',
      }[end.why];
    case 'network':
      return end.problem;
    case 'agent':
      return end.code === normalClosure
        ? 'the agent ended the call'
        : `the connection broke (close code ${end.code}${end.reason === '' ? '' : `: ${end.reason}`})`;
  }
};
