import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { AwsError } from '#local/http/aws-error.ts';
import type { Operations } from '#local/http/operation.ts';
import { createServices } from '#local/registry.ts';
import type { Services } from '#local/services.ts';
import { scope, testContext } from '../test-context.ts';

/** What one operation refuses: `valid` with the members of a row is refused with the row's code and status 400. */
export interface Refused {
  readonly valid: object;
  /** A member of another type than AWS has. */
  readonly wrongType?: object;
  readonly rows: readonly (readonly [change: object, code: string, message: RegExp, status?: number])[];
}

export interface RefusalTable {
  readonly operations: (services: Services) => Operations;
  /** Code for an unknown parameter; that of one operation stands with it. */
  readonly invalid: string | Readonly<Record<string, string>>;
  /** @default `SerializationException` */
  readonly wrongType?: string;
  /** Makes what the valid inputs name. */
  readonly prepare?: (services: Services) => Promise<unknown>;
  readonly refused: Readonly<Record<string, Refused>>;
}

/** All services of an embedded cloud without a server. */
export const openServices = (): { services: Services; close: () => Promise<void> } => {
  const folder = mkdtempSync(join(tmpdir(), 'lastgood-test-'));
  const services = createServices(testContext({ folder }));
  return {
    services,
    close: async () => {
      await services.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The error that a call ends with; fails when it is answered. */
const refusalOf = async (operations: Operations, name: string, input: object): Promise<AwsError> => {
  const outcome: unknown = await operations[name]?.(scope, input).then(
    (answer) => ({ answer }),
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(AwsError);
  return outcome as AwsError;
};

/** Runs the table of one service; an operation without a row fails. */
export const refusalTable = (service: string, table: RefusalTable): void => {
  describe(`the operations of ${service}`, () => {
    let operations: Operations;

    beforeAll(async () => {
      const { services, close } = openServices();
      operations = table.operations(services);
      await table.prepare?.(services);
      return close;
    });

    test('has a row for every operation', () => {
      expect(Object.keys(table.refused).sort()).toEqual(Object.keys(operations).sort());
    });

    for (const [name, { valid, wrongType, rows }] of Object.entries(table.refused)) {
      const invalid = typeof table.invalid === 'string' ? table.invalid : (table.invalid[name] ?? '');

      test(`${name} takes what the SDK sends and names a parameter that it does not know`, async () => {
        expect(operations[name]?.schema.safeParse(valid).error).toBeUndefined();
        const refusal = await refusalOf(operations, name, { ...valid, Surprise: true });
        expect(refusal).toMatchObject({ code: invalid, status: 400 });
        expect(refusal.message).toMatch(/does not support the parameter Surprise/);
      });

      for (const change of wrongType ? [wrongType] : []) {
        test(`${name} refuses a value of another type`, async () => {
          const refusal = await refusalOf(operations, name, { ...valid, ...change });
          expect(refusal).toMatchObject({ code: table.wrongType ?? 'SerializationException', status: 400 });
        });
      }

      for (const [change, code, message, status = 400] of rows) {
        test(`${name} refuses ${JSON.stringify(change).slice(0, 100)}`, async () => {
          const refusal = await refusalOf(operations, name, { ...valid, ...change });
          expect({ code: refusal.code, status: refusal.status }).toEqual({ code, status });
          expect(refusal.message).toMatch(message);
        });
      }
    }
  });
};
