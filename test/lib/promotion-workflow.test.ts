import { Match } from 'aws-cdk-lib/assertions';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { beforeAll, describe, expect, test } from 'vitest';
import { type SynthesizedOrg, anOrg, expectResource, resourcesOf, synthOrg } from './synth-org.ts';

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Resource?: string;
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts?: number }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly TimeoutSeconds?: number;
}

/** The definition as Step Functions gets it, with a plain ARN for each function. */
const definitionOf = ({ promotion }: SynthesizedOrg): { StartAt: string; States: Record<string, State> } => {
  const machine = resourcesOf(promotion).find(([, { Type }]) => Type === 'AWS::StepFunctions::StateMachine')?.[1];
  const join = machine?.Properties?.['DefinitionString'] as {
    'Fn::Join': [string, (string | { 'Fn::GetAtt': string[] })[]];
  };
  const text = join['Fn::Join'][1]
    .map((part) =>
      typeof part === 'string' ? part : `arn:aws:lambda:eu-central-1:123456789012:function:${part['Fn::GetAtt'][0]}`,
    )
    .join('');
  return JSON.parse(text) as { StartAt: string; States: Record<string, State> };
};

/** What the state machine goes through when functions answer as told. */
const run = async (
  definition: { StartAt: string; States: Record<string, State> },
  answers: Record<string, (calls: number) => unknown>,
  input: Record<string, unknown> = { continuation: 0 },
): Promise<{ readonly visited: readonly string[]; readonly result: unknown }> => {
  const visited: string[] = [];
  const calls = new Map<string, number>();
  const tasks = Object.entries(definition.States).filter(([, { Type }]) => Type === 'Task');
  const waits = Object.entries(definition.States).filter(([, { Type }]) => Type === 'Wait');
  // The engine waits with timers, which hold 24 days.
  const bounded = { ...definition, TimeoutSeconds: 60 };
  const machine = new StateMachine(bounded as unknown as StateMachineDefinition, {
    validationOptions: { checkArn: false },
  });
  const execution = machine.run(input as never, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(
        tasks.map(([name]) => [
          name,
          async () => {
            visited.push(name);
            const count = (calls.get(name) ?? 0) + 1;
            calls.set(name, count);
            return (answers[name]?.(count) ?? {}) as never;
          },
        ]),
      ),
      waitTimeOverrides: Object.fromEntries(waits.map(([name]) => [name, 0])),
      retryIntervalOverrides: Object.fromEntries(tasks.map(([name]) => [name, 0])),
    },
    context: { Execution: { Id: 'arn:aws:states:execution', StartTime: '2026-01-01T00:00:00.000Z' } } as never,
  });
  const result: unknown = await execution.result.catch((error: unknown) => error);
  return { visited, result };
};

const warm = { PreparePool: () => ({ ready: true }) };
const looks =
  (...actions: readonly string[]) =>
  (count: number) => ({ action: actions[count - 1] ?? actions.at(-1), waitSeconds: 10, loop: count });
const started = { StartCanary: () => ({ action: 'continue', waitSeconds: 10, loop: 0 }) };
const failing = (message: string) => () => {
  throw Object.assign(new Error(message), { name: 'pool-not-ready' });
};

describe('the promotion workflow', () => {
  let definition: ReturnType<typeof definitionOf>;
  beforeAll(() => {
    definition = definitionOf(synthOrg(anOrg()));
  });

  test('is JSONPath that the embedded engine takes: no JSONata, no variables, no task tokens', () => {
    const text = JSON.stringify(definition);
    expect(text).not.toMatch(/JSONata|"Assign"|"Arguments"|waitForTaskToken|HeartbeatSeconds/);
    expect(() => new StateMachine(definition as unknown as StateMachineDefinition)).not.toThrow();
  });

  test('invariant 11: every task has a time limit and a bounded retry', () => {
    const unbounded = Object.entries(definition.States)
      .filter(([, { Type }]) => Type === 'Task')
      .filter(
        ([, { TimeoutSeconds = Infinity, Retry = [], Catch = [] }]) =>
          TimeoutSeconds > 120 ||
          Retry.length === 0 ||
          Retry.some(({ MaxAttempts = Infinity }) => MaxAttempts > 5) ||
          Catch[0]?.ErrorEquals[0] !== 'States.ALL',
      );
    expect(unbounded.map(([name]) => name)).toEqual([]);
  });

  test('goes through every step of a promotion that goes well', async () => {
    const { visited } = await run(definition, {
      PreparePool: (count) => ({ ready: count === 3 }),
      ...started,
      Analyze: looks('continue', 'advance', 'hold', 'promote'),
    });
    expect(visited).toEqual([
      'Validate',
      'CheckEvidence',
      ...Array.from({ length: 3 }, () => 'PreparePool'),
      'ProbePool',
      'Replay',
      'StartCanary',
      ...Array.from({ length: 4 }, () => 'Analyze'),
      'Promote',
      'RetireOld',
    ]);
  });

  test('puts the first release of a set in place without a canary', async () => {
    const { visited } = await run(definition, {
      ...warm,
      StartCanary: () => ({ action: 'initialized', waitSeconds: 1, loop: 0 }),
    });
    expect(visited.slice(-3)).toEqual(['Replay', 'StartCanary', 'RetireOld']);
  });

  test.each(['Validate', 'CheckEvidence', 'PreparePool', 'ProbePool', 'Replay', 'StartCanary', 'Analyze', 'Promote'])(
    'aborts when %s fails, and that is an execution that did its work',
    async (step) => {
      const { visited, result } = await run(definition, {
        ...warm,
        ...started,
        Analyze: looks('promote'),
        Abort: () => ({ outcome: 'aborted' }),
        [step]: failing('broken'),
      });
      expect(visited.slice(visited.lastIndexOf(step))).toEqual([step, 'Abort', 'RetireCandidate']);
      expect(result).toMatchObject({ aborted: { outcome: 'aborted' }, failure: { Error: 'pool-not-ready' } });
    },
  );

  test.each([
    ['as soon as its pool is gone', {}],
    ['though its pool cannot be retired', { RetireCandidate: failing('broken') }],
  ])('tells people itself of a promotion that no caller met, %s', async (_when, answers) => {
    const refused = { Validate: failing('refused'), Abort: () => ({ outcome: 'no-canary' }) };
    const { visited } = await run(definition, { ...refused, ...answers });
    expect(visited).toEqual(['Validate', 'Abort', 'RetireCandidate', 'NotifyRefused']);
  });

  test.each(['Abort', 'NotifyRefused'])('fails when %s fails, and says with what', async (step) => {
    const { result } = await run(definition, {
      Validate: failing('refused'),
      Abort: () => ({ outcome: 'no-canary' }),
      [step]: failing('broken'),
    });
    expect(result).toBeInstanceOf(Error);
    expect(JSON.stringify(result, Object.getOwnPropertyNames(result))).toMatch(/pool-not-ready.*broken|broken/);
  });

  test('hands every execution that ends badly to a function, and no other', () => {
    expectResource(synthOrg(anOrg()).promotion, 'AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [Match.anyValue()] },
      },
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('ExecutionEnded'), 'Arn'] } })],
    });
  });

  test('never takes a promotion back because something after it failed', async () => {
    const { visited } = await run(definition, {
      ...warm,
      ...started,
      Analyze: looks('promote'),
      RetireOld: failing('broken'),
    });
    expect(visited).not.toContain('Abort');
  });

  test('tries a step again after a transient error, and not after a refusal', async () => {
    const transient = (count: number) => {
      if (count < 3) throw Object.assign(new Error('throttled'), { name: 'Retryable' });
      return {};
    };
    const tried = await run(definition, { ...warm, ...started, Analyze: looks('promote'), Validate: transient });
    expect(tried.visited.filter((name) => name === 'Validate')).toHaveLength(3);
    expect(tried.visited.at(-1)).toBe('RetireOld');
    const refused = await run(definition, { Validate: failing('refused') });
    expect(refused.visited.filter((name) => name === 'Validate')).toHaveLength(1);
  });

  test('goes on in a new execution before the history limit, and that one begins with the analysis', async () => {
    const long = await run(definition, {
      ...warm,
      ...started,
      Analyze: (count) => ({ action: 'hold', waitSeconds: 10, loop: count + 498 }),
    });
    expect(long.visited.slice(-2)).toEqual(['Analyze', 'ContinuePromotion']);
    const continued = await run(definition, { Analyze: looks('promote') }, { continuation: 1 });
    expect(continued.visited).toEqual(['Analyze', 'Promote', 'RetireOld']);
  });
});
