import type { AlarmReader } from '#core/promotion/alarm-reader.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import type { MetricSink } from '#core/host/metrics.ts';
import { type AlarmCloud, openAlarmCloud } from '../alarm-path/alarm-cloud.ts';
import { service } from './names.ts';
import type { World } from './world.ts';

const invokeMs = { least: 200, most: 1_500 };

/** Alarms on the hosts' figures, and the schedule that asks for those that are still on; both reach one function. */
export class Alarms {
  /** Events that get lost next. */
  losses = 0;
  /** How much later the next event comes. */
  lateMs = 0;
  readonly #world: World;
  readonly #answer: (event: AlarmEvent) => Promise<unknown>;
  #cloud: AlarmCloud | undefined;

  constructor(world: World, answer: (event: AlarmEvent) => Promise<unknown>) {
    this.#world = world;
    this.#answer = answer;
  }

  async open(baselineErrorRate: number): Promise<void> {
    const { clock, chance } = this.#world;
    const { random } = chance.stream('alarms');
    this.#cloud = await openAlarmCloud({
      clock,
      random,
      service,
      baselineErrorRate,
      invoke: (event) => this.#deliver(event),
    });
  }

  close(): void {
    this.#cloud?.close();
  }

  /** Hosts' figures go where alarms look. */
  readonly sink: MetricSink = {
    publish: (points, at) => this.#cloud?.sink.publish(points, at) ?? Promise.resolve(),
  };

  readonly reader: AlarmReader = {
    inAlarm: (names) => this.#cloud?.alarms.inAlarm(names) ?? Promise.resolve([]),
  };

  /** Each minute somebody asks for alarms that are still on. */
  askForThoseThatAreOn(): void {
    this.#invoke(AlarmEvent.parse({ source: 'aws.events' }), 0);
  }

  #deliver(event: unknown): void {
    const parsed = AlarmEvent.parse(event);
    if (this.losses > 0) {
      this.losses -= 1;
      this.#world.strike('alarm-lost');
      return;
    }
    if (this.lateMs > 0) this.#world.strike('alarm-late');
    this.#invoke(parsed, this.lateMs);
    this.lateMs = 0;
  }

  #invoke(event: AlarmEvent, lateMs: number): void {
    const { clock, chance } = this.#world;
    const delayMs = lateMs + invokeMs.least + chance.random() * (invokeMs.most - invokeMs.least);
    clock.after(delayMs, () => void this.#answer(event).catch(() => undefined));
  }
}
