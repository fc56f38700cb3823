import { describe, expect, test } from 'vitest';
import { compileParameters } from '#core/release/json-schema.ts';

const object = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

describe('a parameter schema', () => {
  test.each<[object, unknown, readonly string[]]>([
    [object({ day: { type: 'string' } }, ['day']), { day: 'monday' }, []],
    [object({ day: { type: 'string' } }, ['day']), {}, ["input must have required property 'day'"]],
    [object({ day: { type: 'string' } }), { day: 4 }, ['day must be string']],
    [object({ day: { type: 'string' } }), { hour: 4 }, ['input must NOT have additional properties']],
    [object({ on: { type: 'string', format: 'date' } }), { on: '2028-02-29' }, []],
    [object({ on: { type: 'string', format: 'date' } }), { on: '2027-02-30' }, ['on must match format "date"']],
    [object({ on: { type: 'string', format: 'date' } }), { on: 'secret words' }, ['on must match format "date"']],
    [object({ at: { type: 'string', format: 'time' } }), { at: '25:00' }, ['at must match format "time"']],
    [object({ who: { type: 'string', format: 'email' } }), { who: 'a@b.example' }, []],
  ])('%j checks %j', (schema, value, problems) => {
    expect(compileParameters(schema as Record<string, unknown>, 'test')(value)).toEqual(problems);
  });

  test.each([
    ['an unknown type', object({ a: { type: 'text' } }), /type must be/],
    ['an unknown keyword', object({ a: { type: 'string', maxLen: 3 } }), /unknown keyword: "maxLen"/],
    ['an unknown format', object({ a: { type: 'string', format: 'phone' } }), /unknown format "phone"/],
    ['a required field that it does not define', object({}, ['day']), /required property "day" is not defined/],
    ['a reference to nowhere', object({ a: { $ref: '#/$defs/nothing' } }), /can't resolve reference/],
  ])('with %s is refused', (_name, schema, message) => {
    expect(() => compileParameters(schema, 'tools/x.ts: parameters')).toThrow(message);
  });
});
