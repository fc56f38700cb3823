import { describe, expect, test, onTestFinished } from 'vitest';
import type { CloudContext } from '#local/context.ts';
import type { EventSourceMapping } from '#local/services/lambda/stream-reader.ts';
import { EventFilters } from '#local/services/lambda/event-filter.ts';
import { EventSourceMappings } from '#local/services/lambda/event-source-mappings.ts';
import type { StreamRecord } from '#local/services/dynamodb/stream-record.ts';
import type { ProcessAnswer } from '#local/services/lambda/function-process.ts';
import { ManualClock, settle } from '#memory/manual-clock.ts';
import { scope, temporaryFolder, testContext } from '../test-context.ts';
import { key, open, openWithTable, put } from './open-tables.ts';

const idOf = (record: StreamRecord): string => record.dynamodb.Keys['pk']?.['S'] as string;

const mapping = (changes: Partial<EventSourceMapping> = {}): EventSourceMapping => ({
  id: 'm',
  table: 'sessions',
  functionRef: 'weigh',
  batchSize: 10,
  maximumBatchingWindowMs: 0,
  maximumRetryAttempts: 3,
  maximumRecordAgeMs: Infinity,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  startingPosition: 'LATEST',
  ...changes,
});

const openStream = async (
  options: {
    context?: CloudContext;
    reopened?: boolean;
    mapping?: Partial<EventSourceMapping>;
    answer?: (records: readonly StreamRecord[]) => ProcessAnswer;
  } = {},
) => {
  const context = options.context ?? testContext();
  const opened = await (options.reopened ? open(context) : openWithTable(context));
  await opened.dynamodb.enableStream(scope, 'sessions', 'NEW_AND_OLD_IMAGES');
  const batches: (readonly StreamRecord[])[] = [];
  const published: { readonly topicArn: string; readonly message: unknown }[] = [];
  const mappings = new EventSourceMappings(context, opened.dynamodb, {
    invoke: (_scope, _ref, event) => {
      const { Records: records } = JSON.parse(event) as { Records: StreamRecord[] };
      batches.push(records);
      return Promise.resolve(options.answer?.(records) ?? { kind: 'result', payload: '{}' });
    },
    publish: (_scope, topicArn, { message }) => void published.push({ topicArn, message: JSON.parse(message) }),
  });
  onTestFinished(() => mappings.close());
  await mappings.put(scope, mapping(options.mapping));
  const delivered = (): string[] => batches.flat().map(({ dynamodb }) => dynamodb.Keys['pk']?.['S'] as string);
  return { ...opened, batches, published, delivered, mappings };
};

const failure: ProcessAnswer = { kind: 'error', error: { errorType: 'Error', errorMessage: 'no', trace: [] } };

describe('streams', () => {
  test('hand every write to the function in order, with both images', async () => {
    const { call, batches, delivered } = await openStream();
    await call('PutItem', put('a', { n: { N: '1' } }));
    await call('PutItem', put('a', { n: { N: '2' } }));
    await call('DeleteItem', { TableName: 'sessions', Key: key('a') });
    await settle();
    expect(delivered()).toEqual(['a', 'a', 'a']);
    const records = batches.flat();
    expect(records.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(records[1]).toMatchObject({
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      eventSourceARN: expect.stringMatching(
        /^arn:aws:dynamodb:us-east-1:111111111111:table\/sessions\/stream\//,
      ) as string,
      dynamodb: { OldImage: { n: { N: '1' } }, NewImage: { n: { N: '2' } }, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
  });

  test('have no record of a write that changed nothing', async () => {
    const { call, delivered } = await openStream();
    await call('PutItem', put('a'));
    await call('PutItem', put('a'));
    await settle();
    expect(delivered()).toEqual(['a']);
  });

  test('retry a failed batch with growing pauses and then give it up', async () => {
    const clock = new ManualClock();
    const context = testContext({ clock });
    const { call, batches, delivered } = await openStream({
      context,
      answer: (records) =>
        records[0]?.dynamodb.Keys['pk']?.['S'] === 'bad' ? failure : { kind: 'result', payload: '{}' },
    });
    await call('PutItem', put('bad'));
    await settle();
    expect(batches).toHaveLength(1);
    await clock.advance(1_000);
    expect(batches).toHaveLength(2);
    await clock.advance(1_000);
    expect(batches).toHaveLength(2);
    await clock.advance(60_000);
    expect(batches).toHaveLength(4);
    await call('PutItem', put('good'));
    await settle();
    expect(delivered().at(-1)).toBe('good');
    expect(context.lines.some(({ line }) => line.includes('given up after 4 attempts'))).toBe(true);
  });

  test('tell a topic what they gave up', async () => {
    const clock = new ManualClock();
    const { call, published } = await openStream({
      context: testContext({ clock }),
      mapping: { onFailureArn: 'arn:aws:sns:us-east-1:111111111111:pages', maximumRetryAttempts: 1 },
      answer: () => failure,
    });
    await call('PutItem', put('bad'));
    await settle();
    expect(published).toEqual([]);
    await clock.advance(1_000);
    expect(published).toMatchObject([
      {
        topicArn: 'arn:aws:sns:us-east-1:111111111111:pages',
        message: {
          requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
          DDBStreamBatchInfo: { batchSize: 1 },
        },
      },
    ]);
  });

  test('hand over what a filter lets pass, and pass over the rest for good', async () => {
    const filters = EventFilters.parse({
      Filters: [{ Pattern: JSON.stringify({ dynamodb: { Keys: { pk: { S: [{ prefix: 'a' }, 'only'] } } } }) }],
    });
    const { call, delivered, mappings } = await openStream({ mapping: { filters } });
    for (const id of ['ab', 'b', 'only', 'only-not', 'a', 'ba']) await call('PutItem', put(id));
    await settle();
    expect(delivered()).toEqual(['ab', 'only', 'a']);
    await mappings.put(scope, mapping({ filters }));
    await settle();
    expect(delivered()).toHaveLength(3);
  });

  test('go on from the record that the function names as failed', async () => {
    const clock = new ManualClock();
    let failures = 1;
    const settings = { reportBatchItemFailures: true };
    const { call, batches, mappings } = await openStream({
      context: testContext({ clock }),
      mapping: settings,
      answer: (records) => {
        const failing = failures === 0 ? undefined : records.find((record) => idOf(record) === 'c');
        failures -= failing ? 1 : 0;
        const batchItemFailures = failing ? [{ itemIdentifier: failing.dynamodb.SequenceNumber }] : [];
        return { kind: 'result', payload: JSON.stringify({ batchItemFailures }) };
      },
    });
    mappings.close();
    for (const id of ['a', 'b', 'c', 'd']) await call('PutItem', put(id));
    await mappings.put(scope, mapping(settings));
    await settle();
    await clock.advance(5_000);
    expect(batches.map((batch) => batch.map(idOf).join(''))).toEqual(['abcd', 'cd']);
  });

  test('halve a failing batch until the bad record is alone', async () => {
    const clock = new ManualClock();
    const { call, batches, mappings } = await openStream({
      context: testContext({ clock }),
      mapping: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 },
      answer: (records) =>
        records.some(({ dynamodb }) => dynamodb.Keys['pk']?.['S'] === 'c')
          ? failure
          : { kind: 'result', payload: '{}' },
    });
    mappings.close();
    for (const id of ['a', 'b', 'c', 'd']) await call('PutItem', put(id));
    await mappings.put(scope, mapping({ bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 }));
    await settle();
    await clock.advance(10_000);
    const names = batches.map((batch) => batch.map(idOf).join(''));
    expect(names).toEqual(['abcd', 'ab', 'cd', 'c', 'd']);
  });

  test('deliver after a restart what was written and not delivered', async () => {
    const folder = temporaryFolder();
    const first = await openStream({ context: testContext({ folder, durable: true }), answer: () => failure });
    await first.call('PutItem', put('a'));
    await first.call('PutItem', put('b'));
    await settle();
    first.mappings.close();
    await first.close();
    const second = await openStream({ context: testContext({ folder, durable: true }), reopened: true });
    await settle();
    expect(second.delivered()).toEqual(['a', 'b']);
    await second.call('PutItem', put('c'));
    await settle();
    expect(second.delivered()).toEqual(['a', 'b', 'c']);
  });
});
