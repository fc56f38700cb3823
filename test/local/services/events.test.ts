import { describe, expect, test } from 'vitest';
import { Events } from '#local/services/events/rules.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { scope, testContext } from '../test-context.ts';

const target = { functionArn: 'arn:aws:lambda:us-east-1:111111111111:function:ended' };
const pattern = { source: ['aws.states'], detail: { status: ['FAILED', 'ABORTED'], stateMachineArn: ['arn:machine'] } };
const event = (detail: Record<string, unknown>, source = 'aws.states') => ({
  source,
  'detail-type': 'Step Functions Execution Status Change',
  resources: ['arn:execution'],
  detail: { stateMachineArn: 'arn:machine', ...detail },
});

const open = () => {
  const clock = new ManualClock();
  const delivered: { readonly functionArn: string; readonly event: unknown }[] = [];
  const events = new Events(testContext({ clock }), (_scope, functionArn, text) => {
    delivered.push({ functionArn, event: JSON.parse(text) });
  });
  return { clock, events, delivered };
};

describe('rules of events', () => {
  test('hand what matches a pattern to its functions, as EventBridge writes it', () => {
    const { events, delivered } = open();
    events.putRule(scope, { name: 'bad-ends', pattern, enabled: true, targets: [target] });
    events.publish(scope, event({ status: 'ABORTED', name: 'p' }));
    expect(delivered).toMatchObject([
      {
        functionArn: target.functionArn,
        event: {
          version: '0',
          source: 'aws.states',
          account: scope.account,
          region: scope.region,
          detail: { status: 'ABORTED', name: 'p' },
        },
      },
    ]);
  });

  test.each([
    ['of another status', event({ status: 'SUCCEEDED' }), scope],
    ['of another machine', event({ status: 'FAILED', stateMachineArn: 'arn:other' }), scope],
    ['of another service', event({ status: 'FAILED' }, 'aws.ecs'), scope],
    ['of another account', event({ status: 'FAILED' }), { ...scope, account: '222222222222' }],
  ])('leave alone what is %s', (_what, published, where) => {
    const { events, delivered } = open();
    events.putRule(scope, { name: 'bad-ends', pattern, enabled: true, targets: [target] });
    events.publish(where, published);
    expect(delivered).toEqual([]);
  });

  test('are silent when they are off, replaced or removed', async () => {
    const { clock, events, delivered } = open();
    events.putRule(scope, { name: 'off', pattern, enabled: false, targets: [target] });
    events.putRule(scope, { name: 'one', pattern, enabled: true, targets: [target] });
    events.putRule(scope, { name: 'one', schedule: 'rate(1 minute)', enabled: true, targets: [target] });
    events.publish(scope, event({ status: 'FAILED' }));
    expect(delivered).toEqual([]);
    await clock.advance(60_000);
    expect(delivered).toMatchObject([{ event: { source: 'aws.events', 'detail-type': 'Scheduled Event' } }]);
    events.removeRule(scope, 'one');
    await clock.advance(60_000);
    expect(delivered).toHaveLength(1);
  });
});
