import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { LastgoodError } from '#core/errors.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const lambdaInvoke = 'arn:aws:states:::lambda:invoke';
const lambdaArn = /^arn:aws:lambda:[^:]+:\d{12}:function:/;

/**
 * Longest task and execution that the machine's timers can hold (2^31 ms). AWS allows a year; the library would take
 * 60 s for a task without a limit.
 */
const maxTimerSeconds = 2_147_483;

/** A state machine that can run here: the library's view of it, and its lambda tasks by state name. */
export interface RunnableDefinition {
  readonly definition: StateMachineDefinition;
  /** State name → whether its input is `{FunctionName, Payload}` (`states:::lambda:invoke`) or the payload itself. */
  readonly tasks: ReadonlyMap<
    string,
    { readonly kind: 'invoke' } | { readonly kind: 'direct'; readonly functionArn: string }
  >;
}

const refuse = (where: string, what: string): never => {
  throw new LastgoodError('unsupported-resource', `${where}: ${what}`);
};

const jsonataFields = ['Assign', 'Arguments', 'Output', 'Condition', 'Items'];
const unsupportedFields = [
  'HeartbeatSeconds',
  'HeartbeatSecondsPath',
  'Credentials',
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
];

const checkState = (where: string, state: Json): void => {
  if (state['QueryLanguage'] === 'JSONata')
    refuse(where, 'JSONata is not supported by the embedded cloud; write the state in JSONPath');
  for (const field of jsonataFields) {
    if (field in state) {
      refuse(
        where,
        `${field} belongs to JSONata or variables, which the embedded cloud does not support; use JSONPath fields`,
      );
    }
  }
  for (const field of unsupportedFields)
    if (field in state) refuse(where, `${field} is not supported by the embedded cloud`);
  const text = JSON.stringify({ ...state, ItemProcessor: undefined, Iterator: undefined, Branches: undefined });
  if (/"\$\$\.(State|Task|StateMachine|Map)\b/.test(text))
    refuse(where, 'the context object holds only $$.Execution in the embedded cloud');
};

/** `ResultPath: "$"` is the default written out; the library would take it for a field named `$`. */
const withoutRootResultPath = (fields: Json): Json => {
  const { ResultPath: resultPath, ...rest } = fields;
  return resultPath === '$' || resultPath === undefined ? rest : fields;
};

const normalized = (state: Json): Json => ({
  ...withoutRootResultPath(state),
  ...(state['Type'] === 'Task' && !('TimeoutSeconds' in state) && !('TimeoutSecondsPath' in state)
    ? { TimeoutSeconds: maxTimerSeconds }
    : {}),
  ...(typeof state['TimeoutSeconds'] === 'number'
    ? { TimeoutSeconds: Math.min(state['TimeoutSeconds'], maxTimerSeconds) }
    : {}),
  ...(Array.isArray(state['Catch'])
    ? { Catch: state['Catch'].map((catcher: Json) => withoutRootResultPath(catcher)) }
    : {}),
});

const checkTask = (
  where: string,
  name: string,
  state: Json,
  tasks: Map<string, { kind: 'invoke' } | { kind: 'direct'; functionArn: string }>,
): void => {
  const resource = state['Resource'];
  if (resource === lambdaInvoke) tasks.set(name, { kind: 'invoke' });
  else if (typeof resource === 'string' && lambdaArn.test(resource))
    tasks.set(name, { kind: 'direct', functionArn: resource });
  else {
    refuse(
      where,
      `the task resource ${String(resource)} is not supported by the embedded cloud; it runs lambda functions (${lambdaInvoke} or a function ARN)`,
    );
  }
};

/**
 * Prepares an ASL definition.
 * @param what names the machine in errors
 * @throws LastgoodError `unsupported-resource` naming the state for JSONata, other integrations than lambda, invalid ASL
 */
export const runnableDefinition = (what: string, text: string): RunnableDefinition => {
  const tasks = new Map<string, { kind: 'invoke' } | { kind: 'direct'; functionArn: string }>();
  const walk = (machine: Json): Json => {
    if (machine['QueryLanguage'] === 'JSONata')
      refuse(what, 'JSONata is not supported by the embedded cloud; write the definition in JSONPath');
    const states = isObject(machine['States']) ? machine['States'] : {};
    return {
      ...machine,
      States: Object.fromEntries(
        Object.entries(states).map(([name, state]) => [name, isObject(state) ? walkState(name, state) : state]),
      ),
    };
  };
  const walkState = (name: string, state: Json): Json => {
    const where = `${what}, state ${name}`;
    checkState(where, state);
    if (state['Type'] === 'Task') checkTask(where, name, state, tasks);
    return {
      ...normalized(state),
      ...(Array.isArray(state['Branches']) && { Branches: state['Branches'].map((branch: Json) => walk(branch)) }),
      ...(isObject(state['ItemProcessor']) && { ItemProcessor: walk(state['ItemProcessor']) }),
      ...(isObject(state['Iterator']) && { Iterator: walk(state['Iterator']) }),
    };
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new LastgoodError('unsupported-resource', `${what}: the definition is not JSON`, { cause });
  }
  if (!isObject(parsed)) return refuse(what, 'the definition is not an object');
  const timeout = parsed['TimeoutSeconds'];
  const definition = {
    ...walk(parsed),
    ...(typeof timeout === 'number' && { TimeoutSeconds: Math.min(timeout, maxTimerSeconds) }),
  } as unknown as StateMachineDefinition;
  try {
    // The constructor validates the definition.
    void new StateMachine(definition, { validationOptions: { checkArn: false } });
  } catch (cause) {
    throw new LastgoodError(
      'unsupported-resource',
      `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return { definition, tasks };
};
