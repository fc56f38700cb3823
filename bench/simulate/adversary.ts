import type { Chance } from './chance.ts';
import { type Fault, faultText } from './fault.ts';
import type { FateOf } from './fates.ts';
import type { FunctionFaults } from './lambda.ts';
import type { Stage } from './stage.ts';

/** Functions that a crash meets, by how often they write. */
const crashable = [
  'weigh-outcome',
  'analyze',
  'promote',
  'abort',
  'start-canary',
  'carry-out',
  'execution-ended',
  'sweep-sessions',
  'validate',
  'roll-back',
  'retire-old',
];
/** What evaluates a candidate. */
const evaluators: ReadonlySet<string> = new Set(['analyze', 'weigh-outcome', 'roll-back']);

/** Clocks of one platform differ by less. */
const mostSkewMs = 2_000;
const mostLagMs = 3_000;
const evaluatorsStayDead = 4;
/** Above this share of chance everything that runs as a function is dead, so that nobody is left to abort. */
const allAreDeadAbove = 0.5;
const edgeReturnsMs = 20_000;

/** Does to a stage what a list of faults says. */
export class Adversary {
  readonly faults: readonly Fault[];
  readonly #crashes: { readonly name: string; readonly writes: number }[] = [];
  #stage: Stage | undefined;
  #deadUntilMs = 0;
  #areAllDead = false;
  #skewMs = 0;
  #outageUntilMs = 0;
  #lostEndsUntilMs = 0;
  #lostEnds = 0;
  #isOver = false;

  constructor(faults: readonly Fault[]) {
    this.faults = faults;
  }

  /** How far indexes are behind: of a whole world. */
  get indexLagMs(): number {
    const lags = this.faults.flatMap(({ kind, how }) => (kind === 'index-lag' ? [how * mostLagMs] : []));
    return Math.round(Math.max(200, ...lags));
  }

  readonly edgeSkewMs = (): number => -this.#skewMs;

  /** What functions meet. */
  readonly functionFaults: FunctionFaults = {
    isDown: (name) => {
      const isMeant = this.#areAllDead || evaluators.has(name);
      const isDown = isMeant && this.#nowMs < this.#deadUntilMs;
      if (isDown) this.#stage?.world.strike('dead-evaluator');
      return isDown;
    },
    skewMs: () => this.#skewMs,
    crashAfterWrites: (name) => {
      const at = this.#crashes.findIndex((crash) => crash.name === name);
      return at < 0 ? undefined : this.#crashes.splice(at, 1)[0]?.writes;
    },
  };

  /** Fates as they are while a vendor is out or records get lost. */
  disturbed(fateOf: FateOf): FateOf {
    return (call, chance) => {
      const fate = fateOf(call, chance);
      const isOut = call.nowMs < this.#outageUntilMs;
      if (isOut) this.#stage?.world.strike('vendor-outage');
      const isLost = call.nowMs < this.#lostEndsUntilMs && lostDraw(chance) < this.#lostEnds;
      if (isLost) this.#stage?.world.strike('lost-ends');
      return {
        ...fate,
        ...(isOut && { outcome: 'failed', afterMs: 2_000 }),
        ...(isLost && { unwritten: 'end' }),
      };
    };
  }

  /** From now on nothing goes wrong any more. */
  rest(): void {
    this.#isOver = true;
    this.#crashes.length = 0;
    this.#deadUntilMs = 0;
    this.#skewMs = 0;
    this.#outageUntilMs = 0;
    this.#lostEndsUntilMs = 0;
    if (this.#stage === undefined) return;
    Object.assign(this.#stage.world.processes.weather, { throttling: 0, lostAnswers: 0, slowHeadsMs: 0 });
    Object.assign(this.#stage.stream.faults, { duplicate: 0, reorder: 0, stalledUntilMs: 0 });
    this.#stage.registryStream.losses = 0;
    this.#stage.alarms.losses = 0;
    for (const host of this.#stage.fleet.hosts.values()) host.dieAfterWrites(Number.POSITIVE_INFINITY, () => undefined);
  }

  attach(stage: Stage): void {
    this.#stage = stage;
    const { world } = stage;
    for (const fault of this.faults) {
      world.clock.after(fault.atMs, () => {
        if (this.#isOver) return;
        world.chronicle.tell(`fault: ${faultText(fault)}`);
        this.#strike(stage, fault);
      });
    }
  }

  get #nowMs(): number {
    return this.#stage?.world.nowMs ?? 0;
  }

  #strike(stage: Stage, fault: Fault): void {
    const { forMs, what, how, kind } = fault;
    const { world, stream } = stage;
    const until = this.#nowMs + forMs;
    switch (kind) {
      case 'crash':
        return this.#crash(stage, what, how);
      case 'duplicate':
        stream.faults.duplicate += 1;
        return;
      case 'reordered':
        stream.faults.reorder += 1;
        return;
      case 'late':
        stream.faults.stalledUntilMs = until;
        return;
      case 'lost-record':
        stage.registryStream.losses += 1;
        return;
      case 'index-lag':
        return world.strike(kind);
      case 'clock-skew':
        this.#skewMs = Math.round((2 * how - 1) * mostSkewMs);
        world.clock.after(forMs, () => (this.#skewMs = 0));
        return world.strike(kind);
      case 'dead-evaluator':
        this.#deadUntilMs = this.#nowMs + evaluatorsStayDead * forMs;
        this.#areAllDead = what > allAreDeadAbove;
        return;
      case 'alarm-lost':
        stage.alarms.losses += 1;
        return;
      case 'alarm-late':
        stage.alarms.lateMs = forMs;
        return;
      case 'throttling':
        return this.#weather(stage, 'throttling', 0.1 + 0.8 * how, forMs / 4);
      case 'lost-answer':
        return this.#weather(stage, 'lostAnswers', 0.1 + 0.6 * how, forMs / 4);
      case 'race':
        this.#weather(stage, 'slowHeadsMs', 100 + 900 * how, forMs / 2);
        return race(stage, what);
      case 'vendor-outage':
        this.#outageUntilMs = until;
        return;
      case 'lost-ends':
        this.#lostEndsUntilMs = until;
        this.#lostEnds = how;
        return;
      default:
        return strikePeople(stage, { ...fault, kind });
    }
  }

  #crash(stage: Stage, what: number, how: number): void {
    const writes = 1 + Math.floor(how * 4);
    const at = Math.floor(what * (crashable.length + 2));
    const name = crashable[at];
    if (name !== undefined) {
      this.#crashes.push({ name, writes });
      return;
    }
    const host = [...stage.fleet.hosts.values()].at(Math.floor(how * stage.fleet.hosts.size));
    host?.dieAfterWrites(writes, () => void stage.fleet.kill(host));
  }

  #weather(stage: Stage, what: 'throttling' | 'lostAnswers' | 'slowHeadsMs', value: number, forMs: number): void {
    const { weather } = stage.world.processes;
    weather[what] = value;
    stage.world.clock.after(forMs, () => (weather[what] = 0));
  }
}

/** One more number of the call's own chance. */
const lostDraw = (chance: Chance): number => chance.random();

/** Two people at once, while writes are slow; and somebody who comes far too late with what was decided about an earlier promotion. */
const race = (stage: Stage, what: number): void => {
  const reason = 'a bad moment';
  const { records } = stage.world.org.promotions;
  const over = records.all().filter(({ end }) => end !== undefined);
  const promotionId = over.at(Math.floor(what * over.length))?.input.promotionId;
  if (promotionId !== undefined) {
    const decidedAt = new Date(stage.world.nowMs).toISOString();
    const evidence = { verdict: 'promote', decision: 'late', decidedAt } as const;
    void asPerson(stage, { kind: 'abort', promotionId, reason }, 'late');
    void asPerson(stage, { kind: 'promote', promotionId, evidence, reason }, 'late');
  }
  void asPerson(stage, { kind: 'freeze', reason }, 'ann');
  void asPerson(stage, what < 0.5 ? { kind: 'unfreeze', reason } : { kind: 'freeze', reason }, 'ben');
  stage.world.clock.after(3_000, () => void asPerson(stage, { kind: 'unfreeze', reason }, 'ann'));
};

type Bodily = 'stopped-execution' | 'host-dies' | 'edge-dies' | 'redial' | 'freeze' | 'roll-back';

const strikePeople = (
  stage: Stage,
  { kind, forMs, what, how }: Omit<Fault, 'kind'> & { readonly kind: Bodily },
): void => {
  const { world, fleet, edges, workflow } = stage;
  switch (kind) {
    case 'stopped-execution': {
      const running = workflow.running.at(Math.floor(what * workflow.running.length));
      if (running === undefined) return;
      world.strike(kind);
      return void workflow.stop(running);
    }
    case 'host-dies': {
      const host = [...fleet.hosts.values()].at(Math.floor(what * fleet.hosts.size));
      if (host === undefined) return;
      world.strike(kind);
      world.chronicle.tell(`${host.settings.hostId} dies with ${fleet.kill(host).length} calls`);
      return;
    }
    case 'edge-dies': {
      const alive = edges.filter(({ isDead }) => !isDead);
      const edge = alive.at(Math.floor(what * alive.length));
      if (edge === undefined) return;
      world.strike(kind);
      stage.killEdge(edge);
      world.clock.after(edgeReturnsMs, () => stage.addEdge());
      return;
    }
    case 'redial': {
      if (stage.callers === undefined) return;
      world.strike(kind);
      stage.callers.redial = { probability: 0.5 + how / 2, afterMs: 5_000, mostTimes: 8 };
      world.clock.after(forMs, () => {
        if (stage.callers) stage.callers.redial = { probability: 0, afterMs: 0, mostTimes: 0 };
      });
      return;
    }
    case 'freeze':
      void asPerson(stage, { kind: 'freeze', reason: 'somebody freezes' }, 'ann');
      world.clock.after(forMs, () => void asPerson(stage, { kind: 'unfreeze', reason: 'it goes on' }, 'ann'));
      return world.strike(kind);
    case 'roll-back':
      void asPerson(stage, { kind: 'roll-back', reason: 'somebody rolls back' }, 'ben');
      return world.strike(kind);
  }
};

/** People repeat what was refused for a reason of the platform's. */
const asPerson = async (stage: Stage, command: Parameters<Stage['move']>[0], by: string): Promise<void> => {
  const { world } = stage;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      const result = await world.processes.run(world.acting(by), () => stage.move(command, by));
      if (result.kind === 'refused')
        world.chronicle.tell(`${by} wanted ${command.kind}: ${result.reason.slice(0, 120)}`);
      return;
    } catch {
      world.chronicle.tell(`${by} could not ${command.kind}`);
    }
  }
};
