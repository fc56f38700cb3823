import type { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';

/** One transport, or one provider of a kind: its settings, and how it is made. */
export interface Definition<Params, Context, Made> {
  /**
   * Schema of the settings; strict, so that an unknown one is an error (invariant 12). Fetched by hosts only, which hand over what was
   * parsed: the schema library would cost each agent process about 18 MB.
   */
  readonly params: () => Promise<z.ZodType<Params>>;
  readonly open: (params: Params, context: Context) => Made;
}

/** A name of the registry, with settings that its schema has parsed. */
export interface Choice<All, Name extends keyof All = keyof All> {
  readonly name: Name;
  readonly params: All[Name];
}

export interface Registry<All, Context, Made> {
  /**
   * Looks the name up and parses its settings, defaults filled in.
   * @throws LastgoodError `unknown-name` (invariant 12: never another one instead), `invalid-input`
   */
  readonly choose: (name: string, params: unknown) => Promise<Choice<All>>;
  readonly open: <Name extends keyof All>(choice: Choice<All, Name>, context: Context) => Made;
}

/** @param kind what its entries are, for messages: `language model provider` */
export const registryOf =
  <Context, Made>(kind: string) =>
  <All extends object>(definitions: {
    readonly [Name in keyof All]: Definition<All[Name], Context, Made>;
  }): Registry<All, Context, Made> => {
    const isKnown = (name: PropertyKey): name is keyof All => Object.hasOwn(definitions, name);
    return {
      choose: async (name, params) => {
        if (isKnown(name)) {
          const schema = await definitions[name].params();
          return { name, params: parseOrThrow(schema, params, `parameters of the ${kind} ${String(name)}`) };
        }
        throw new LastgoodError(
          'unknown-name',
          `there is no ${kind} ${name}; this runtime has ${Object.keys(definitions).join(', ')}. ` +
            'Choose one of them in the release, or deploy a runtime that has it.',
        );
      },
      open: ({ name, params }, context) => definitions[name].open(params, context),
    };
  };
