import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readScenarios, type Scenario } from '#callers/scenario.ts';
import { effectiveConfig } from '#core/overlay/effective-config.ts';
import { Overlay } from '#core/overlay/overlay.ts';
import { parseYamlAs } from '#core/parse-yaml.ts';
import { AgentConfig } from '#core/release/agent-config.ts';
import { EvalSuite } from '#core/release/eval-suite.ts';
import { clinic, clinicCopy } from './agent-copy.ts';
import { type Agent, agentOf, talk } from './talk.ts';

/** Each day of one week, so that no day of the week is special. */
const week = Array.from({ length: 7 }, (_, index) => new Date(Date.UTC(2027, 5, 7 + index, 15)));
const scenarios = await readScenarios(join(clinic, 'callers'));
const evals = parseYamlAs(EvalSuite, await readFile(join(clinic, 'evals/appointments.yaml'), 'utf8'), 'evals').cases;
const linesOf = ({ utterances, hangUpAfter }: Scenario) => utterances.slice(0, hangUpAfter).map(({ say }) => say);
const asksForWeekday = (name: string) => ['weekday', 'next-week'].includes(name);

let agents: Record<'1.0' | '1.1' | '1.2', Agent>;
beforeAll(async () => {
  const built = async (version?: '1.1' | '1.2') => {
    await using copy = await clinicCopy(version);
    return await agentOf(copy);
  };
  agents = { '1.0': await built(), '1.1': await built('1.1'), '1.2': await built('1.2') };
});
afterAll(async () => {
  for (const agent of Object.values(agents)) await agent[Symbol.asyncDispose]();
});

const outcomes = async (agent: Agent, scenario: Scenario) =>
  Promise.all(week.map(async (now) => (await talk(agent, linesOf(scenario), now)).outcome));
const expected = ({ expect: wanted }: Scenario) => week.map(() => (wanted === 'abandoned' ? 'open' : wanted));

describe('the clinic', () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '1.0 and 1.2 serve the caller %s on every day of the week',
    async (_name, scenario) => {
      expect(await outcomes(agents['1.0'], scenario)).toEqual(expected(scenario));
      expect(await outcomes(agents['1.2'], scenario)).toEqual(expected(scenario));
    },
  );

  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '1.1 fails the caller %s exactly when a day of the week is asked for',
    async (name, scenario) => {
      const wanted = asksForWeekday(name) ? week.map(() => 'failed') : expected(scenario);
      expect(await outcomes(agents['1.1'], scenario)).toEqual(wanted);
    },
  );

  test('1.1 fails about half of the callers', () => {
    const share = (some: readonly Scenario[]) => some.reduce((sum, scenario) => sum + scenario.share, 0);
    const failed = share(scenarios.filter(({ name }) => asksForWeekday(name))) / share(scenarios);
    expect(failed).toBeGreaterThan(0.4);
    expect(failed).toBeLessThan(0.6);
  });

  test('1.2 understands one phrase more', async () => {
    const lines = ['The day after tomorrow, please'];
    expect((await talk(agents['1.0'], lines, week[0]!)).said.at(-1)).toContain('Which day is that, please?');
    expect((await talk(agents['1.2'], lines, week[0]!)).said.at(-1)).toContain('On Wednesday the 9th I have');
  });

  test.each([
    [
      'offers Monday to who asks for the weekend',
      ['Saturday please'],
      'We are closed on Saturday the 12th. On Monday the 14th I have',
    ],
    ['answers from its documents', ['Where can I park?'], 'You can park free of charge in the garage'],
    ['answers after booking', ['Tomorrow', 'The first', 'What should I bring?'], 'Please bring your insurance card'],
    ['asks again when a time is not free', ['Tomorrow', 'Nine o clock'], 'That time is not free. I have'],
    ['says so when it does not understand', ['Purple'], 'Sorry'],
    ['offers another day', ['Tomorrow', 'Rather on Thursday'], 'On Thursday the 10th I have'],
  ])('%s', async (_name, lines, text) => {
    // The date decides which time is taken: on the 8th it is nine.
    expect((await talk(agents['1.0'], lines, week[0]!)).said.at(-1)).toContain(text);
  });

  test.each(evals.map((one) => [one.name, one] as const))('passes its own eval: %s', async (_name, one) => {
    const { outcome, calls, said } = await talk(agents['1.0'], one.caller, week[0]!);
    const { outcome: wanted, calls: wantedCalls = calls, says = [] } = one.expect;
    expect({ outcome, calls }).toEqual({ outcome: wanted, calls: wantedCalls });
    expect(says.filter((text) => !said.join(' ').includes(text))).toEqual([]);
  });

  test('takes its reference overlays', async () => {
    const config = parseYamlAs(AgentConfig, await readFile(join(clinic, 'agent.yaml'), 'utf8'), 'agent.yaml');
    const files = await readdir(join(clinic, 'overlays'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const overlay = parseYamlAs(Overlay, await readFile(join(clinic, 'overlays', file), 'utf8'), file);
      expect(effectiveConfig({ model: config.model, controls: config, functions: [] }, overlay).kind).toBe('merged');
    }
  });
});
