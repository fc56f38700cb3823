import { newUuid } from '../../chance.ts';
import { every } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { CloudContext } from '../../context.ts';
import { type Scope, scopeKey } from '../../http/scope.ts';
import { type CloudEvent, type EventPattern, matches } from './pattern.ts';

/** With a schedule or a pattern, never both. */
export interface EventRule {
  readonly name: string;
  /** `rate(1 minute)` @default - it waits for events */
  readonly schedule?: string;
  /** @default - it runs by its schedule */
  readonly pattern?: EventPattern;
  readonly enabled: boolean;
  /** Function ARNs, each with the constant JSON input that replaces the event. */
  readonly targets: readonly { readonly functionArn: string; readonly input?: string }[];
}

const units = {
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
} as const;

/** @throws LastgoodError `unsupported-resource` for anything but `rate(<n> <unit>)` */
export const rateMs = (where: string, schedule: string): number => {
  const match = /^rate\((\d+) (minutes?|hours?|days?)\)$/.exec(schedule);
  const unit = match?.[2] as keyof typeof units | undefined;
  if (!match || unit === undefined || Number(match[1]) < 1) {
    throw new LastgoodError(
      'unsupported-resource',
      `${where}: the schedule ${schedule} is not supported by the embedded cloud; use rate(<n> minutes|hours|days)`,
    );
  }
  return Number(match[1]) * units[unit];
};

/** EventBridge: rules with a rate or a pattern, whose targets are functions. */
export class Events {
  readonly #context: CloudContext;
  readonly #deliver: (scope: Scope, functionArn: string, event: string) => void;
  readonly #timers = new Map<string, () => void>();
  readonly #waiting = new Map<string, EventRule>();

  constructor(context: CloudContext, deliver: (scope: Scope, functionArn: string, event: string) => void) {
    this.#context = context;
    this.#deliver = deliver;
  }

  /** Starts a rule, or replaces the one of its name. Returns its ARN. */
  putRule(scope: Scope, rule: EventRule): string {
    const arn = `arn:aws:events:${scope.region}:${scope.account}:rule/${rule.name}`;
    const periodMs = rule.schedule === undefined ? undefined : rateMs(`rule ${rule.name}`, rule.schedule);
    this.removeRule(scope, rule.name);
    if (!rule.enabled) return arn;
    const key = keyOf(scope, rule.name);
    const scheduled = { source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [arn], detail: {} };
    if (periodMs === undefined) this.#waiting.set(key, rule);
    else {
      const fire = () => this.#fire(scope, rule, scheduled);
      this.#timers.set(key, every(this.#context.clock, periodMs, fire));
    }
    return arn;
  }

  removeRule(scope: Scope, name: string): void {
    const key = keyOf(scope, name);
    this.#timers.get(key)?.();
    this.#timers.delete(key);
    this.#waiting.delete(key);
  }

  /** Hands an event of a service to every rule of its account and region whose pattern it matches. */
  publish(scope: Scope, event: CloudEvent): void {
    for (const [key, rule] of this.#waiting) {
      if (key !== keyOf(scope, rule.name) || rule.pattern === undefined) continue;
      if (matches(rule.pattern, event)) this.#fire(scope, rule, event);
    }
  }

  close(): void {
    for (const timer of this.#timers.values()) timer();
    this.#timers.clear();
    this.#waiting.clear();
  }

  /** Source: https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html */
  #fire(scope: Scope, rule: EventRule, cloudEvent: CloudEvent): void {
    const event = {
      version: '0',
      id: newUuid(),
      'detail-type': cloudEvent['detail-type'],
      source: cloudEvent.source,
      account: scope.account,
      time: new Date(Math.floor(this.#context.clock.now() / 1_000) * 1_000).toISOString().replace('.000Z', 'Z'),
      region: scope.region,
      resources: cloudEvent.resources,
      detail: cloudEvent.detail,
    };
    for (const { functionArn, input } of rule.targets) {
      try {
        this.#deliver(scope, functionArn, input ?? JSON.stringify(event));
      } catch (error) {
        this.#context.log({
          at: this.#context.clock.now(),
          source: 'cloud',
          level: 'error',
          scope,
          name: `rule ${rule.name}`,
          line: String(error),
        });
      }
    }
  }
}

const keyOf = (scope: Scope, name: string): string => `${scopeKey(scope)} ${name}`;
