import { type Clock, within } from '#core/clock.ts';
import type { CallLog } from '../log.ts';
import type { AgentProcess } from './agent-process.ts';

/** A process that is not ready by then never will be. */
const readyLimitMs = 15_000;
/** Answer to the question right before a call: about a millisecond, more on a machine that is full; ending good processes would fill it more. */
const leaseLimitMs = 1_000;
/** Starts that fail in a row make the pauses longer, up to the last one. */
const backOffMs = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000] as const;
/** Failures in a row after which the pool says that it cannot start processes. */
const failingAfter = 3;

export interface ProcessPoolOptions {
  readonly spawn: () => AgentProcess;
  readonly clock: Clock;
  readonly log: CallLog;
  /** Processes kept ready. */
  readonly warm: number;
  /** Processes at once, ready and busy. */
  readonly max: number;
  /** Processes that start at the same time: about the number of cores. */
  readonly startingAtOnce: number;
  /** The number of ready processes has changed. */
  readonly onChange: () => void;
}

/** Warm agent processes. Each is used once; a used one is replaced as soon as it leaves. */
export class ProcessPool {
  readonly #options: ProcessPoolOptions;
  readonly #idle: AgentProcess[] = [];
  readonly #all = new Set<AgentProcess>();
  #starting = 0;
  #failures = 0;
  #paused = false;
  #stopped = false;
  /** A call came while nothing was warm: with a warm size of zero this starts the process for the next try. */
  #wanted = false;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
  }

  get free(): number {
    return this.#idle.length;
  }

  /** Live processes of any kind. */
  get size(): number {
    return this.#all.size;
  }

  /** True while processes do not start: their release is broken or the machine is full. */
  get failing(): boolean {
    return this.#failures >= failingAfter;
  }

  /** Starts what is missing; called again by itself whenever something changes. */
  fill(): void {
    const { warm, max, startingAtOnce } = this.#options;
    const target = this.#wanted ? Math.max(1, warm) : warm;
    while (
      !this.#stopped &&
      !this.#paused &&
      this.#idle.length + this.#starting < target &&
      this.#all.size < max &&
      this.#starting < startingAtOnce
    )
      void this.#start();
  }

  /** A process that has just answered, or undefined when none is free. It belongs to the caller from now on. */
  async take(): Promise<AgentProcess | undefined> {
    for (let process = this.#idle.shift(); process; process = this.#idle.shift()) {
      this.#options.onChange();
      if (await process.lease(leaseLimitMs)) {
        this.fill();
        return process;
      }
      this.#options.log.warn('agent-did-not-answer', { pid: process.pid });
      process.kill();
    }
    this.#wanted = true;
    this.fill();
    return undefined;
  }

  /** Starts nothing more and ends the ready processes; busy ones end with their calls. */
  stop(): void {
    this.#stopped = true;
    for (const process of this.#idle.splice(0)) process.kill();
    this.#options.onChange();
  }

  async #start(): Promise<void> {
    const { spawn, clock, log, onChange } = this.#options;
    this.#starting++;
    const startedAt = clock.now();
    const process = spawn();
    this.#all.add(process);
    void process.exited.then(() => this.#remove(process));
    try {
      await within(clock, readyLimitMs, process.ready, () => new Error(`not ready within ${readyLimitMs} ms`));
      this.#failures = 0;
      this.#wanted = false;
      if (this.#stopped) return process.kill();
      this.#idle.push(process);
      log.debug('agent-ready', { pid: process.pid, latencyMs: clock.now() - startedAt });
      onChange();
    } catch (error) {
      process.kill();
      if (!this.#stopped) this.#backOff(error);
    } finally {
      this.#starting--;
      this.fill();
    }
  }

  #backOff(error: unknown): void {
    const { clock, log, onChange } = this.#options;
    const pauseMs = backOffMs[Math.min(this.#failures, backOffMs.length - 1)] ?? 10_000;
    this.#failures++;
    this.#paused = true;
    log.error('agent-start-failed', { error, failures: this.#failures, pause_ms: pauseMs });
    clock.after(pauseMs, () => {
      this.#paused = false;
      this.fill();
    });
    onChange();
  }

  #remove(process: AgentProcess): void {
    this.#all.delete(process);
    const at = this.#idle.indexOf(process);
    if (at >= 0) {
      // An idle process that dies has failed like one that does not start, or it would be replaced in a loop.
      this.#idle.splice(at, 1);
      if (!this.#stopped) this.#backOff(new Error('an idle agent process exited'));
    }
    this.fill();
  }
}
