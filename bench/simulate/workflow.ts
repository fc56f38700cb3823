import { pause, timestampOf } from '#core/clock.ts';
import { isLastgoodError } from '#core/errors.ts';
import { executionNameOf, type PromotionInput } from '#core/promotion/promotion-input.ts';
import type { Aborted, Failure, NextStep, PoolState, Validated } from '#core/promotion/steps.ts';
import type { Functions } from './functions.ts';
import { FunctionFailed, isTransient } from './lambda.ts';
import type { World } from './world.ts';

/** As in the state machine: `lib/constructs/promotion-workflow.ts`. */
const maxLoopsPerExecution = 500;
const poolPollMs = 2_000;
const retries = { maxAttempts: 5, intervalMs: 1_000, backoffRate: 2, maxDelayMs: 20_000 };

/** The execution was stopped from outside: it enters no state any more. */
class Stopped extends Error {}

interface Run {
  readonly input: PromotionInput;
  isStopped: boolean;
}

/** What an execution ended as. */
export type ExecutionEnd = 'succeeded' | 'failed' | 'stopped';

/**
 * Carries out executions of the promotion's state machine: the same steps in the same order, with its retries and its catches. It
 * decides nothing.
 */
export class Workflow {
  readonly #world: World;
  readonly #functions: Functions;
  readonly #runs = new Map<string, Run>();
  readonly #listeners: ((input: PromotionInput, end: ExecutionEnd) => void)[] = [];

  constructor(world: World, functions: Functions) {
    this.#world = world;
    this.#functions = functions;
    world.onExecution((input) => void this.#start(input));
  }

  /** Promotions with an execution under way. */
  get running(): readonly PromotionInput[] {
    return [...this.#runs.values()].map(({ input }) => input);
  }

  /** Told every execution that ended; one that goes on in another has not. */
  onEnd(listener: (input: PromotionInput, end: ExecutionEnd) => void): void {
    this.#listeners.push(listener);
  }

  /** Somebody stops the execution of a promotion: what a function has begun goes on, nothing comes after it. */
  async stop(input: PromotionInput): Promise<void> {
    const run = this.#runs.get(executionNameOf(input));
    if (run === undefined) return;
    run.isStopped = true;
    await this.#world.org.executions.stop(input, 'stopped by somebody').catch(() => undefined);
  }

  async #start(input: PromotionInput): Promise<void> {
    const run: Run = { input, isStopped: false };
    const name = executionNameOf(input);
    this.#runs.set(name, run);
    const end = await this.#execute(run);
    this.#runs.delete(name);
    if (end === 'continued') return;
    if (end !== 'stopped') this.#world.org.executions.finish(input, end);
    this.#world.chronicle.tell(`execution ${name.slice(0, 6)} of ${input.version} ${end}`);
    for (const listener of this.#listeners) listener(input, end);
  }

  async #execute(run: Run): Promise<ExecutionEnd | 'continued'> {
    // The execution begins a moment after it was asked for.
    await pause(this.#world.clock, 100);
    try {
      return await this.#promote(run);
    } catch (error) {
      if (error instanceof Stopped) return 'stopped';
      throw error;
    }
  }

  async #promote(run: Run): Promise<ExecutionEnd | 'continued'> {
    const { input } = run;
    const functions = this.#functions;
    let analysis: NextStep | undefined;
    try {
      if (input.continuation === 0) {
        analysis = await this.#untilCanary(run);
        if (analysis.action === 'initialized') return await this.#promotedTail(run);
        await this.#wait(run, analysis.waitSeconds);
      }
      for (;;) {
        const before = analysis;
        analysis = await this.#task(run, 'Analyze', () =>
          functions.analyze.invoke({ ...input, ...(before && { analysis: before }) }),
        );
        if (analysis.action === 'abort') return await this.#abortedTail(run, { analysis });
        if (analysis.action === 'promote') {
          await this.#task(run, 'Promote', () => functions.promote.invoke(input));
          return await this.#promotedTail(run);
        }
        if (analysis.loop >= maxLoopsPerExecution) {
          await this.#task(run, 'ContinuePromotion', () => functions['continue-promotion'].invoke(input));
          return 'continued';
        }
        await this.#wait(run, analysis.waitSeconds);
      }
    } catch (error) {
      if (error instanceof Stopped) throw error;
      return await this.#abortedTail(run, { ...(analysis && { analysis }), failure: failureOf(error) });
    }
  }

  async #untilCanary(run: Run): Promise<NextStep> {
    const { input } = run;
    const functions = this.#functions;
    const startedAt = timestampOf(this.#world.nowMs);
    const executionArn = `memory:execution:${executionNameOf(input)}`;
    const validated: Validated = await this.#task(run, 'Validate', () =>
      functions.validate.invoke({ promotion: input, executionArn, startedAt }),
    );
    await this.#task(run, 'CheckEvidence', () => functions['check-evidence'].invoke(input));
    for (let pool: PoolState | undefined; ;) {
      const before = pool;
      pool = await this.#task(run, 'PreparePool', () =>
        functions['prepare-pool'].invoke({ ...input, ...(before && { pool: before }) }),
      );
      if (pool.ready) break;
      await this.#wait(run, poolPollMs / 1_000);
    }
    await this.#task(run, 'ProbePool', () => functions['probe-pool'].invoke(input));
    await this.#task(run, 'Replay', () => functions.replay.invoke(input));
    return this.#task(run, 'StartCanary', () => functions['start-canary'].invoke({ ...input, validated }));
  }

  /** Whatever went wrong: exposure back to zero. An execution that could not even do that fails, and somebody else takes over. */
  async #abortedTail(
    run: Run,
    why: { readonly analysis?: NextStep; readonly failure?: Failure },
  ): Promise<'succeeded' | 'failed'> {
    const { input } = run;
    const functions = this.#functions;
    try {
      const aborted: Aborted = await this.#task(run, 'Abort', () => functions.abort.invoke({ ...input, ...why }));
      await this.#skippable(run, 'RetireCandidate', () => functions['retire-old'].invoke(input));
      if (aborted.outcome === 'no-canary')
        await this.#task(run, 'NotifyRefused', () => functions.notify.invoke({ ...input, aborted }));
      return 'succeeded';
    } catch (error) {
      if (error instanceof Stopped) throw error;
      this.#world.chronicle.tell(`the promotion could not be ended: ${messageOf(error)}`);
      return 'failed';
    }
  }

  /** The head has moved; nothing after it can take that back. */
  async #promotedTail(run: Run): Promise<'succeeded'> {
    await this.#skippable(run, 'RetireOld', () => this.#functions['retire-old'].invoke(run.input));
    return 'succeeded';
  }

  async #skippable<T>(run: Run, state: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#task(run, state, work);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      this.#world.chronicle.tell(`${state} failed: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #wait(run: Run, seconds: number): Promise<void> {
    await pause(this.#world.clock, seconds * 1_000);
    if (run.isStopped) throw new Stopped();
  }

  /** One state of the machine, tried again as its retry rule says. */
  async #task<T>(run: Run, state: string, work: () => Promise<T>): Promise<T> {
    const { clock, org } = this.#world;
    if (run.isStopped) throw new Stopped();
    org.executions.enter(run.input, state);
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await work();
        if (run.isStopped) throw new Stopped();
        return answer;
      } catch (error) {
        if (run.isStopped) throw new Stopped();
        if (!isTransient(error) || attempt >= retries.maxAttempts) throw error;
        await pause(clock, Math.min(retries.maxDelayMs, retries.intervalMs * retries.backoffRate ** attempt));
      }
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 300);

const failureOf = (error: unknown): Failure => ({
  Error: isLastgoodError(error) ? error.code : error instanceof FunctionFailed ? 'Lambda.Unknown' : 'Error',
  Cause: JSON.stringify({ errorMessage: messageOf(error) }),
});
