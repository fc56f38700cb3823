import { describe, expect, test } from 'vitest';
import { effectiveConfig, emptyOverlay } from '#core/overlay/effective-config.ts';
import { Overlay } from '#core/overlay/overlay.ts';
import { parseOrThrow } from '#core/parse.ts';
import { Controls } from '#core/release/controls.ts';
import { Model } from '#core/model/model.ts';
import { scripted } from '#test/core/release/agent-builder.ts';

const other = { provider: 'anthropic', id: 'claude-haiku-4-5', snapshot: '20251001' };
const controls = Controls.parse({
  budgets: { costUsdPerTask: 1 },
  guardrails: { forbiddenPhrases: ['guarantee'], maxReplyCharacters: 400 },
  overlay: {
    schemaVersion: 2,
    locked: ['voice'],
    businessRules: {
      maxDaysAhead: { type: 'number', default: 30, minimum: 1, maximum: 90 },
      location: { type: 'text', default: 'main', oneOf: ['main', 'north'] },
      walkIns: { type: 'boolean', default: false },
    },
  },
});
const base = {
  model: Model.parse({
    ...scripted,
    params: { rules: {} },
    stt: { ...scripted, vocabulary: ['cardiology'] },
    tts: scripted,
    allowed: [{ ...other, params: { temperature: 0 } }],
  }),
  controls,
  functions: ['find_slots', 'book'],
};
const merged = (overlay: object) => {
  const merge = effectiveConfig(base, parseOrThrow(Overlay, { schemaVersion: 1, ...overlay }, 'the overlay'));
  if (merge.kind !== 'merged') throw new Error(JSON.stringify(merge.problems));
  return merge;
};

describe('base and overlay', () => {
  test('without changes give the base, with the defaults of its business rules', () => {
    const { config } = merged(emptyOverlay({ controls }));
    expect(config).toMatchObject({
      model: base.model,
      functions: ['book', 'find_slots'],
      businessRules: { maxDaysAhead: 30, location: 'main', walkIns: false },
      guardrails: controls.guardrails,
      branding: null,
    });
  });

  test('give what the overlay says and keep what it leaves out', () => {
    const { config } = merged({
      functionAllowlist: ['book'],
      businessRules: { maxDaysAhead: 7 },
      speed: 1.2,
      language: 'es-US',
      vocabulary: ['cardiology', 'stent'],
      turnDetection: { stopMs: 400 },
      credentials: { calendar: 'secret:acme/calendar' },
    });
    expect(config).toMatchObject({
      functions: ['book'],
      businessRules: { maxDaysAhead: 7, location: 'main' },
      credentials: { calendar: 'secret:acme/calendar' },
    });
    expect(config.model.tts).toMatchObject({ speed: 1.2, voice: 'default' });
    expect(config.model.stt).toMatchObject({ language: 'es-US', vocabulary: ['cardiology', 'stent'] });
    expect(config.model.turnDetection).toEqual({ ...base.model.turnDetection, stopMs: 400 });
  });

  test('change the model only to one the release allows, with the settings made for it', () => {
    expect(merged({ model: other }).config.model).toMatchObject({ ...other, params: { temperature: 0 } });
    expect(merged({ model: scripted }).config.model).toMatchObject({ ...scripted, params: { rules: {} } });
  });

  test('can only tighten guardrails', () => {
    const guardrails = { forbiddenPhrases: ['promise'], maxReplyCharacters: 10_000 };
    expect(merged({ guardrails }).config.guardrails).toEqual({
      forbiddenPhrases: ['guarantee', 'promise'],
      escalationPhrases: [],
      maxReplyCharacters: 400,
    });
  });

  test('have one digest for one result', () => {
    expect(merged({ speed: 1 }).digest).toBe(merged({}).digest);
    expect(merged({ speed: 1.1 }).digest).not.toBe(merged({}).digest);
  });

  test.each([
    ['a locked field', { voice: 'nova' }, 'voice: is locked by the release; remove it'],
    [
      'an unknown function',
      { functionAllowlist: ['delete_all'] },
      'functionAllowlist: function delete_all does not exist',
    ],
    [
      'a model that is not allowed',
      { model: { ...other, snapshot: '1' } },
      'model: anthropic/claude-haiku-4-5@1 is not allowed',
    ],
    ['an unknown business rule', { businessRules: { colour: 'red' } }, 'businessRules: colour is unknown'],
    [
      'a business rule named like a property of every object',
      { businessRules: { constructor: 1 } },
      'businessRules: constructor is unknown',
    ],
    [
      'a business rule of the wrong type',
      { businessRules: { walkIns: 1 } },
      'businessRules: walkIns must be a boolean, not a number',
    ],
    [
      'a business rule beyond its maximum',
      { businessRules: { maxDaysAhead: 91 } },
      'businessRules: maxDaysAhead is 91; at most 90',
    ],
    [
      'a choice that is none',
      { businessRules: { location: 'south' } },
      'businessRules: location must be one of main, north',
    ],
    ['a newer schema', { schemaVersion: 3 }, 'schemaVersion: is 3, but the release knows versions up to 2'],
  ])('refuse %s by its name', (_name, overlay, message) => {
    const merge = effectiveConfig(base, Overlay.parse({ schemaVersion: 1, ...overlay }));
    expect(merge).toMatchObject({ kind: 'refused', problems: [{ message: expect.stringContaining(message) }] });
  });

  test.each([
    [
      'the value of a secret',
      { credentials: { calendar: 'sk-live-1234' } },
      /credentials\.calendar: must refer to a secret, secret:<name> or its ARN, and never hold the value$/,
    ],
    ['an unknown field', { colour: 'red' }, /unknown key colour/],
    ['an unknown turn threshold', { turnDetection: { silence: 1 } }, /turnDetection: unknown key silence/],
    ['a speed that nobody understands', { speed: 9 }, /speed/],
  ])('an overlay with %s does not parse', (_name, overlay, message) => {
    expect(() => parseOrThrow(Overlay, { schemaVersion: 1, ...overlay }, 'the overlay')).toThrow(message);
  });
});
