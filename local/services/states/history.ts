type LibraryEvent = Readonly<Record<string, unknown>> & { readonly type: string; readonly timestamp: number };

/** An event as GetExecutionHistory answers it; the details' member is named after the type. */
export interface HistoryEvent {
  readonly timestamp: number;
  readonly type: string;
  readonly id: number;
  readonly previousEventId: number;
  readonly [details: string]: unknown;
}

/** AWS fails an execution beyond this. Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const maxHistoryEvents = 25_000;

interface StateOf {
  readonly name: string;
  readonly type: string;
  readonly input?: unknown;
  readonly output?: unknown;
}

const stateOf = (event: LibraryEvent): StateOf => event['state'] as StateOf;

/** Text as it stands, anything else as JSON. */
const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value instanceof Error ? value.message : (JSON.stringify(value) ?? '');

const failure = (event: LibraryEvent) => ({ error: asText(event['Error']), cause: asText(event['Cause']) });

/**
 * Translates one event of the library into what AWS records, as far as progress needs it.
 * Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export const historyEntry = (
  event: LibraryEvent,
): { type: string; details: Readonly<Record<string, unknown>> } | undefined => {
  switch (event.type) {
    case 'ExecutionStarted':
      return { type: 'ExecutionStarted', details: { executionStartedEventDetails: { input: asText(event['input']) } } };
    case 'ExecutionSucceeded':
      return {
        type: 'ExecutionSucceeded',
        details: { executionSucceededEventDetails: { output: JSON.stringify(event['output']) } },
      };
    case 'ExecutionAborted':
      return { type: 'ExecutionAborted', details: { executionAbortedEventDetails: {} } };
    case 'ExecutionTimeout':
      return { type: 'ExecutionTimedOut', details: { executionTimedOutEventDetails: {} } };
    case 'StateEntered':
      return {
        type: `${stateOf(event).type}StateEntered`,
        details: {
          stateEnteredEventDetails: { name: stateOf(event).name, input: JSON.stringify(stateOf(event).input) },
        },
      };
    case 'StateExited':
      return {
        type: `${stateOf(event).type}StateExited`,
        details: {
          stateExitedEventDetails: { name: stateOf(event).name, output: JSON.stringify(stateOf(event).output) },
        },
      };
    case 'StateFailed':
      return stateOf(event).type === 'Task'
        ? {
            type: 'TaskFailed',
            details: { taskFailedEventDetails: { resourceType: 'lambda', resource: 'invoke', ...failure(event) } },
          }
        : undefined;
    default:
      // ExecutionFailed is written by the service, which knows the cause; iterations and retries show in their states.
      return undefined;
  }
};

/** The event without what states were given and answered. */
export const withoutData = (event: HistoryEvent): HistoryEvent =>
  Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      if (typeof value !== 'object' || value === null) return [name, value];
      const { input: _input, output: _output, ...details } = value as Readonly<Record<string, unknown>>;
      return [name, details];
    }),
  ) as HistoryEvent;
