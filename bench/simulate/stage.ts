import { every } from '#core/clock.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import type { Command } from '#core/version-set/command.ts';
import type { TransitionResult } from '#core/version-set/transition.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { executionNameOf, type PromotionInput } from '#core/promotion/promotion-input.ts';
import { requestPromotion } from '#operations/promotion/request-promotion.ts';
import { Alarms } from './alarms.ts';
import { Callers, type CallerSettings } from './callers.ts';
import { SimulatedEdge } from './edge.ts';
import type { FateOf } from './fates.ts';
import { Fleet } from './fleet.ts';
import type { WarmProcesses } from './host.ts';
import { type Functions, functionsOf } from './functions.ts';
import { type FunctionFaults, noFunctionFaults } from './lambda.ts';
import { org as orgName, service, set } from './names.ts';
import { RegistryStream } from './registry-stream.ts';
import { publishVersions } from './releases.ts';
import { SessionStream } from './session-stream.ts';
import { Workflow } from './workflow.ts';
import { World, type WorldSettings } from './world.ts';

export interface StageSettings extends WorldSettings, CallerSettings {
  readonly fateOf: FateOf;
  /** Versions that are published at the beginning; the first is stable. */
  readonly versions: number;
  readonly edges: number;
  /** Of the stream of sessions. */
  readonly shards: number;
  readonly hostsPerPool: number;
  readonly maxCallsPerHost: number;
  /** How often hosts write their leases and edges read them, in milliseconds: as the product's, or less often where nobody dies. */
  readonly leaseEveryMs: number;
  readonly warm?: WarmProcesses;
  readonly isRefused?: (sessionId: string) => boolean;
  /** Hosts publish figures, and alarms look at them. @default false */
  readonly hasAlarms?: boolean;
  /** @default - no function fails */
  readonly functionFaults?: FunctionFaults;
  /** How far ahead an edge's clock is, in milliseconds. @default 0 */
  readonly edgeSkewMs?: () => number;
}

/** From the end of an execution to the function that is told of it. */
const eventMs = 2_000;
const mostEvents = 20;

export type Started = (edgeId: string, assignment: SessionAssignment) => void;

/** An org with everything that runs in it, before the first call. */
export class Stage {
  readonly world: World;
  readonly settings: StageSettings;
  readonly fleet: Fleet;
  readonly functions: Functions;
  readonly workflow: Workflow;
  readonly alarms: Alarms;
  readonly stream: SessionStream;
  readonly registryStream: RegistryStream;
  readonly edges: SimulatedEdge[] = [];
  releases: readonly ReleaseId[] = [];
  callers: Callers | undefined;
  /** Calls that a process took. */
  started = 0;
  readonly #listeners: Started[] = [];
  readonly #forgotten = new Set<string>();
  /** Through which edge each session goes. */
  readonly #ways = new Map<string, string>();
  #edges = 0;

  constructor(settings: StageSettings) {
    this.settings = settings;
    this.world = new World(settings);
    this.alarms = new Alarms(this.world, (event) => this.functions.rollBack.invoke(event));
    this.fleet = new Fleet(this.world, { ...settings, ...(settings.hasAlarms && { figures: this.alarms.sink }) });
    this.fleet.onEnded(({ sessionId }, { unwritten }) => {
      this.#ways.delete(sessionId);
      if (unwritten) this.#forgotten.add(sessionId);
    });
    const { hostsPerPool, maxCallsPerHost } = settings;
    const faults = (): FunctionFaults => settings.functionFaults ?? noFunctionFaults;
    this.functions = functionsOf(this.world, { faults, hostsPerPool, maxCallsPerHost, alarms: this.alarms.reader });
    this.workflow = new Workflow(this.world, this.functions);
    this.workflow.onEnd((input, end) => {
      if (end !== 'succeeded') this.#badEnd(input, end);
    });
    this.registryStream = new RegistryStream(this.world, this.functions);
    const shards = Array.from({ length: settings.shards }, () => this.functions.weighOutcome());
    this.stream = new SessionStream(
      this.world,
      shards.map((shard) => (records) => shard.invoke(records)),
    );
  }

  onStarted(listener: Started): void {
    this.#listeners.push(listener);
  }

  /** Publishes the versions, makes the first one stable, warms its pool, opens the edges. */
  async open(): Promise<void> {
    const { world, fleet, settings } = this;
    this.releases = await publishVersions(world, settings.versions);
    const [first] = this.releases;
    if (first === undefined) return;
    const { pools } = world.org;
    if (settings.hasAlarms) {
      await this.alarms.open(settings.baselineErrorRate);
      every(world.clock, 60_000, () => this.alarms.askForThoseThatAreOn());
    }
    for (const release of this.releases) fleet.watch(release);
    await pools.ensure(service, first, { subnets: [], securityGroup: '', hosts: settings.hostsPerPool });
    await this.move({ kind: 'initialize', release: first, reason: 'the first release' }, 'ci');
    await fleet.reconcile();
    for (let count = 0; count < settings.edges; count += 1) this.addEdge();
    every(world.clock, 60_000, () => void this.functions.sweepSessions.invoke().catch(() => undefined));
    every(world.clock, 15 * 60_000, () => void this.functions.proveWarmth.invoke().catch(() => undefined));
    await world.clock.advance(1_000);
    this.callers = new Callers(world, this.edges, fleet, settings);
  }

  /** Its end was never written, by its own fate. */
  isForgotten(sessionId: string): boolean {
    return this.#forgotten.has(sessionId);
  }

  /** An edge's task is gone: the callers whose sound went through it are cut off. */
  killEdge(edge: SimulatedEdge): void {
    edge.die();
    for (const host of this.fleet.hosts.values()) {
      for (const sessionId of host.sessionIds)
        if (this.#ways.get(sessionId) === edge.settings.edgeId) host.hangUp(sessionId);
    }
  }

  addEdge(): void {
    this.#edges += 1;
    const edgeId = `edge-${this.#edges}`;
    const { leaseEveryMs, isRefused, edgeSkewMs } = this.settings;
    this.edges.push(
      new SimulatedEdge(this.world, this.fleet, {
        edgeId,
        skewMs: edgeSkewMs ?? (() => 0),
        readHostsEveryMs: leaseEveryMs,
        ...(isRefused && { isRefused }),
        onStarted: (edge, assignment) => {
          this.started += 1;
          this.#ways.set(assignment.sessionId, edge);
          for (const listener of this.#listeners) listener(edge, assignment);
        },
      }),
    );
  }

  /** The event rule brings executions that did not come to their last step to a function; the bus tries again when that one fails. */
  #badEnd(input: PromotionInput, end: 'failed' | 'stopped', attempt = 1): void {
    const { clock } = this.world;
    const status = end === 'failed' ? 'FAILED' : 'ABORTED';
    const detail = { name: executionNameOf(input), status, input: JSON.stringify(input) } as const;
    clock.after(eventMs, () => {
      this.functions.executionEnded.invoke({ source: 'aws.states', detail }).catch(() => {
        if (attempt < mostEvents) this.#badEnd(input, end, attempt + 1);
      });
    });
  }

  /** A command by somebody. */
  move(command: Command, by: string): Promise<TransitionResult> {
    return this.world.org.heads.apply(service, set, command, { by, at: new Date(this.world.nowMs) });
  }

  /** CI asks for the promotion of a version. */
  async promote(version: string, plan: CanaryPlan, attempt = 1): Promise<PromotionInput> {
    const { heads, releases, executions, promotions } = this.world.org;
    const stores = { org: { name: orgName }, heads, releases, executions, promotions };
    const request = { service, set, release: version, plan, attempt, requestedBy: 'ci' };
    return (await requestPromotion(stores, request)).promotion;
  }
}
