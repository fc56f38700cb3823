import { expect, test } from 'vitest';
import { ManualClock } from '#memory/manual-clock.ts';
import { History } from '#runtime/agent/history.ts';
import { Model } from '#runtime/agent/model.ts';
import type { Llm } from '#runtime/providers/provider.ts';

const setUp = (llm: Llm) => {
  const clock = new ManualClock();
  const options = { clock, llm, release: { prompts: {} }, config: { functions: [], systemPromptAdditions: '' } };
  const model = new Model({ ...options, toolbox: {} } as never, new History());
  const entry = { state: { node: 'greet' }, context: {}, functions: [] } as never;
  const said: string[] = [];
  const turn = new AbortController();
  const asked = model.ask(entry, 'turn', turn.signal, (text) => said.push(text)).catch((error: unknown) => error);
  return { clock, said, turn, asked };
};

/** Says one word and then nothing until it is stopped, with an error of its own. */
const stuck: Llm = {
  respond: async function* ({ signal }) {
    yield { type: 'text', text: 'Well' };
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
  },
};

test('invariant 11: a model that does not finish its answer within 15 seconds has failed', async () => {
  const { clock, said, asked } = setUp(stuck);
  let over = false;
  void asked.then(() => (over = true));
  await clock.advance(14_999);
  expect([said, over]).toEqual([['Well'], false]);
  await clock.advance(1);
  expect(await asked).toMatchObject({ errorClass: 'llm_timeout', cause: { message: 'stopped' } });
});

test('an answer that the caller interrupts is no failure, and leaves no timer behind', async () => {
  const { clock, turn, asked } = setUp(stuck);
  await clock.advance(1_000);
  turn.abort();
  expect(await asked).toBeUndefined();
  expect(clock.timers).toBe(0);
});
