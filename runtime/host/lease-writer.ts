import { type Clock, within } from '#core/clock.ts';
import type { HostLease, HostStore } from '#core/host/leases.ts';
import type { CallLog } from '../log.ts';

const everyMs = 2_000;
/** Changes in quick succession share one write. */
const soonMs = 250;
const writeLimitMs = 1_500;
const leaseMs = 10_000;

export interface LeaseWriterOptions {
  readonly clock: Clock;
  readonly log: CallLog;
  readonly leases: Pick<HostStore, 'write' | 'remove'>;
  readonly current: () => Omit<HostLease, 'leaseUntil'>;
}

/** Writes the host's lease every two seconds, and soon after something changed; one write at a time. */
export class LeaseWriter {
  readonly #options: LeaseWriterOptions;
  #cancel: (() => void) | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #writing: Promise<void> | undefined;
  #changedMeanwhile = false;
  #stopped = true;

  constructor(options: LeaseWriterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.#due(0);
  }

  /** Something in the lease has changed. */
  changed(): void {
    this.#due(soonMs);
  }

  /** Writes no more and takes the lease away. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#writing;
    const { leases, current, log } = this.#options;
    await leases.remove(current()).catch((error: unknown) => log.warn('lease-not-removed', { error }));
  }

  #due(delayMs: number): void {
    const { clock } = this.#options;
    this.#changedMeanwhile ||= this.#writing !== undefined;
    const at = clock.now() + delayMs;
    if (this.#stopped || this.#writing || at >= this.#dueAt) return;
    this.#cancel?.();
    this.#dueAt = at;
    this.#cancel = clock.after(delayMs, () => {
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        this.#due(this.#changedMeanwhile ? soonMs : everyMs);
        this.#changedMeanwhile = false;
      });
    });
  }

  async #write(): Promise<void> {
    const { clock, leases, current, log } = this.#options;
    const lease = { ...current(), leaseUntil: clock.now() + leaseMs };
    const late = () => new Error(`not written within ${writeLimitMs} ms`);
    await within(clock, writeLimitMs, leases.write(lease), late).catch((error: unknown) => {
      log.warn('lease-not-written', { error });
    });
  }
}
