import { LastgoodError } from '#core/errors.ts';
import type { AlarmState } from './alarm-evaluation.ts';

/** The rule of a composite alarm. */
export interface AlarmRule {
  /** Names of the alarms that it reads. */
  readonly children: readonly string[];
  isTrue(stateOf: (alarm: string) => AlarmState | undefined): boolean;
}

/** Children that AWS allows per composite alarm. */
const maxChildren = 100;
const tokenPattern = /\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z_][\w:/.-]*)|([()]))/y;

type Test = (stateOf: (alarm: string) => AlarmState | undefined) => boolean;

/** The name inside an alarm ARN, or the name as it stands. */
const alarmName = (reference: string): string =>
  reference.startsWith('arn:') ? reference.slice(reference.indexOf(':alarm:') + 7) : reference;

const tokenize = (text: string): { readonly text: string; readonly quoted: boolean }[] => {
  const tokens: { text: string; quoted: boolean }[] = [];
  tokenPattern.lastIndex = 0;
  const end = text.trimEnd().length;
  while (tokenPattern.lastIndex < end) {
    const start = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (!match) {
      throw new LastgoodError(
        'unsupported-resource',
        `alarm rule "${text}": cannot read it from "${text.slice(start, start + 20)}"`,
      );
    }
    const quoted = match[1] ?? match[2];
    tokens.push(
      quoted === undefined ? { text: match[3] ?? match[4] ?? '', quoted: false } : { text: quoted, quoted: true },
    );
  }
  return tokens;
};

/**
 * Parses an AlarmRule: ALARM(name), OK(name), INSUFFICIENT_DATA(name), TRUE, FALSE, AND, OR, NOT and parentheses.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 * @throws LastgoodError `unsupported-resource`
 */
export const parseAlarmRule = (text: string): AlarmRule => {
  const tokens = tokenize(text);
  const children: string[] = [];
  let position = 0;
  const fail = (): never => {
    throw new LastgoodError(
      'unsupported-resource',
      `alarm rule "${text}": unexpected ${tokens[position]?.text ?? 'end'}`,
    );
  };
  const take = (word: string): boolean => {
    const token = tokens[position];
    if (!token || token.quoted || token.text !== word) return false;
    position += 1;
    return true;
  };
  const expect = (word: string): void => void (take(word) || fail());

  const stateTest = (state: AlarmState): Test => {
    expect('(');
    const token = tokens[position] ?? fail();
    position += 1;
    expect(')');
    const name = alarmName(token.text);
    children.push(name);
    return (stateOf) => stateOf(name) === state;
  };

  const primary = (): Test => {
    if (take('(')) {
      const inner = anyOf();
      expect(')');
      return inner;
    }
    if (take('NOT')) {
      const operand = primary();
      return (stateOf) => !operand(stateOf);
    }
    if (take('TRUE')) return () => true;
    if (take('FALSE')) return () => false;
    for (const state of ['ALARM', 'OK', 'INSUFFICIENT_DATA'] as const) if (take(state)) return stateTest(state);
    return fail();
  };
  const allOf = (): Test => {
    const tests = [primary()];
    while (take('AND')) tests.push(primary());
    return (stateOf) => tests.every((test) => test(stateOf));
  };
  const anyOf = (): Test => {
    const tests = [allOf()];
    while (take('OR')) tests.push(allOf());
    return (stateOf) => tests.some((test) => test(stateOf));
  };

  const test = anyOf();
  if (position < tokens.length) fail();
  if (children.length > maxChildren)
    throw new LastgoodError('unsupported-resource', `alarm rule: ${children.length} children; at most ${maxChildren}`);
  return { children: [...new Set(children)], isTrue: test };
};
