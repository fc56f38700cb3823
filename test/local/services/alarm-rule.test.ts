import { describe, expect, test } from 'vitest';
import type { AlarmState } from '#local/services/cloudwatch/alarm-evaluation.ts';
import { parseAlarmRule } from '#local/services/cloudwatch/alarm-rule.ts';

const states: Readonly<Record<string, AlarmState>> = {
  hot: 'ALARM',
  cold: 'OK',
  new: 'INSUFFICIENT_DATA',
  'a b': 'ALARM',
};
const isTrue = (rule: string): boolean => parseAlarmRule(rule).isTrue((name) => states[name]);

describe('alarm rules', () => {
  test.each([
    ['ALARM(hot)', true],
    ['ALARM(cold)', false],
    ['OK("cold")', true],
    ['INSUFFICIENT_DATA(new)', true],
    ['ALARM("a b")', true],
    ['ALARM(arn:aws:cloudwatch:us-east-1:111111111111:alarm:hot)', true],
    ['ALARM("arn:aws:cloudwatch:us-east-1:111111111111:alarm:hot")', true],
    ['NOT ALARM(hot)', false],
    ['ALARM(cold) OR ALARM(hot) AND OK(cold)', true],
    ['(ALARM(cold) OR ALARM(hot)) AND ALARM(cold)', false],
    ['NOT (ALARM(hot) AND ALARM(cold))', true],
    ['TRUE AND NOT FALSE', true],
    ['ALARM(missing)', false],
  ])('%s is %s', (rule, expected) => {
    expect(isTrue(rule)).toBe(expected);
  });

  test.each(['ALARM(hot', 'ALARM hot', 'ALARM(hot) AND', 'MAYBE(hot)', 'ALARM(hot) ALARM(cold)', '§'])(
    'refuses "%s"',
    (rule) => {
      expect(() => parseAlarmRule(rule)).toThrow(/alarm rule/);
    },
  );

  test('names its children', () => {
    expect(parseAlarmRule('ALARM(hot) OR ALARM(cold) OR OK(hot)').children).toEqual(['hot', 'cold']);
  });
});
