import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { runbookLink } from '#lib/runbook.ts';
import { type SynthesizedOrg, anOrg, expectResource, resourcesOf, synthOrg } from './synth-org.ts';

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly unknown[];
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: {
      readonly Period: number;
      readonly Stat: string;
      readonly Metric: {
        readonly MetricName: string;
        readonly Namespace: string;
        readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
      };
    };
  }[];
}

const alarmsOf = ({ observability }: SynthesizedOrg): ReadonlyMap<string, AlarmProperties> =>
  new Map(
    resourcesOf(observability)
      .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
      .map(([, { Properties }]) => Properties as unknown as AlarmProperties)
      .map((alarm) => [alarm.AlarmName, alarm]),
  );

const inputsOf = (alarm: AlarmProperties | undefined): Record<string, string> =>
  Object.fromEntries(
    (alarm?.Metrics ?? []).flatMap(({ Id, MetricStat }) =>
      MetricStat
        ? [
            [
              Id,
              `${MetricStat.Metric.MetricName} ${MetricStat.Metric.Dimensions.map(({ Value }) => Value).join(' ')} ` +
                `${MetricStat.Stat} ${MetricStat.Period}`,
            ],
          ]
        : [],
    ),
  );

const expressionOf = (alarm: AlarmProperties | undefined): string | undefined =>
  alarm?.Metrics?.find(({ Expression }) => Expression !== undefined)?.Expression;

describe('alarms', () => {
  let org: SynthesizedOrg;
  let alarms: ReadonlyMap<string, AlarmProperties>;
  beforeAll(() => {
    org = synthOrg(anOrg());
    alarms = alarmsOf(org);
  });

  test('suspect a candidate by the calls that failed and started in ten minutes, stable by its own and the baseline', () => {
    const worse = alarms.get('lastgood-appointments-candidate-worse');
    expect(expressionOf(worse)).toBe('IF(cE>=3, 100*(cE/cB - (FILL(sE,0)+1.4)/(FILL(sB,0)+20)), 0)');
    expect(inputsOf(worse)).toEqual({
      cB: 'CallsStartedIn10Minutes candidate appointments Sum 10',
      cE: 'CallsFailedIn10Minutes candidate appointments Sum 10',
      sB: 'CallsStartedIn10Minutes stable appointments Sum 10',
      sE: 'CallsFailedIn10Minutes stable appointments Sum 10',
    });
    expect(worse).toMatchObject({
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 2,
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  test('notice a candidate that gets calls and reports none', () => {
    const silent = alarms.get('lastgood-appointments-candidate-silent');
    expect(expressionOf(silent)).toBe('IF(assigned>=5 AND FILL(cB,0)+FILL(cN,0)==0, 1, 0)');
    expect(inputsOf(silent)['assigned']).toBe('SessionsAssigned candidate appointments Sum 10');
  });

  test.each(['candidate-worse', 'candidate-silent'])('%s reaches the roll-back function on two routes', (kind) => {
    const actions = JSON.stringify(alarms.get(`lastgood-appointments-${kind}`)?.AlarmActions);
    expect(actions).toContain('SafetyNetRollBackFunction');
    expect(actions).toContain('ExportsOutputRefAlarms');
  });

  test('a suspicion pages nobody, and a silent candidate does', () => {
    expect(JSON.stringify(alarms.get('lastgood-appointments-candidate-worse')?.AlarmActions)).not.toContain('RefPages');
    expect(JSON.stringify(alarms.get('lastgood-appointments-candidate-silent')?.AlarmActions)).toContain('RefPages');
  });

  test('alarms that are still on are looked at each minute', () => {
    expectResource(org.promotion, 'AWS::Events::Rule', {
      Name: 'lastgood-alarms-still-on',
      ScheduleExpression: 'rate(1 minute)',
    });
  });

  test('the error floor pages and flips nothing: both releases may be unhealthy', () => {
    const floor = alarms.get('lastgood-appointments-error-floor');
    expect(JSON.stringify(floor?.AlarmActions)).toMatch(/ExportsOutputRefPages/);
    expect(floor?.AlarmActions).toHaveLength(1);
  });

  test('CloudWatch may invoke the roll-back function for alarms of this org only', () => {
    expectResource(org.promotion, 'AWS::Lambda::Permission', {
      Principal: 'lambda.alarms.cloudwatch.amazonaws.com',
      SourceAccount: '123456789012',
      SourceArn: 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:lastgood-*',
    });
    expectResource(org.promotion, 'AWS::SNS::Subscription', { Protocol: 'lambda' });
  });

  test('every alarm links its section of the runbook', () => {
    const all = resourcesOf(org.observability).filter(([, { Type }]) => Type.startsWith('AWS::CloudWatch::'));
    expect(all.length).toBeGreaterThanOrEqual(11);
    const headings = readFileSync('docs/runbook.md', 'utf8').match(/^## .+$/gm) ?? [];
    const sections = headings.map((heading) => heading.slice(3).toLowerCase().replaceAll(' ', '-'));
    for (const [, { Properties }] of all) {
      const [, section] = /docs\/runbook\.md#([a-z-]+)$/.exec(String(Properties?.['AlarmDescription'])) ?? [];
      expect(sections).toContain(section);
    }
  });

  test('the runbook has no section without its alarm', () => {
    const linked = resourcesOf(org.observability).map(([, { Properties }]) => Properties?.['AlarmDescription']);
    const headings = readFileSync('docs/runbook.md', 'utf8').match(/^## .+$/gm) ?? [];
    for (const heading of headings) {
      const section = heading.slice(3).toLowerCase().replaceAll(' ', '-');
      expect(linked.filter((text) => String(text).endsWith(`#${section}`))).not.toEqual([]);
    }
  });

  test.each([
    ['lastgood-appointments-last-good-cold', 'LastGoodCold', 'ignore'],
    ['lastgood-appointments-calls-refused', 'CallsRefused', 'notBreaching'],
    ['lastgood-outbox-late', 'OutboxAgeSeconds', 'breaching'],
    ['lastgood-executions-unanswered', 'Errors', 'notBreaching'],
  ])('%s watches %s, pages and does nothing else', (name, metric, missing) => {
    const alarm = alarms.get(name);
    expect(alarm).toMatchObject({ MetricName: metric, TreatMissingData: missing });
    expect(alarm?.AlarmActions).toHaveLength(1);
    expect(JSON.stringify(alarm?.AlarmActions)).toMatch(/ExportsOutputRefPages/);
  });

  test('people are told of executions that end badly, and of a sweep that does not run', () => {
    expect(expressionOf(alarms.get('lastgood-executions-fail'))).toBe(
      'FILL(failed,0)+FILL(timedOut,0)+FILL(stopped,0)',
    );
    const sweep = alarms.get('lastgood-sweep-fails');
    expect(expressionOf(sweep)).toBe('invocations-FILL(errors,0)');
    expect(sweep).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  test('a mistyped section of the runbook fails synth', () => {
    expect(() => runbookLink('candidate-wrose')).toThrow(/has no section "candidate-wrose"/);
  });

  test('each service has alarms of its own', () => {
    const two = synthOrg(anOrg({ services: [{ name: 'appointments' }, { name: 'billing', errorFloorPercent: 30 }] }));
    const names = [...alarmsOf(two).keys()].filter((name) => name.startsWith('lastgood-billing'));
    expect(names.toSorted()).toEqual([
      'lastgood-billing-calls-refused',
      'lastgood-billing-candidate-silent',
      'lastgood-billing-candidate-worse',
      'lastgood-billing-error-floor',
      'lastgood-billing-last-good-cold',
    ]);
  });
});
