import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { type QueryApi, operationsOf } from '../../http/operation.ts';
import { tags } from '../tags.ts';

const operation = operationsOf({ invalid: 'ValidationError', wrongType: 'ValidationError' });

const defaultDurationSeconds = 3_600;

const rolePattern = /^arn:aws:iam::(\d{12}):role\/([\w+=,.@/-]+)$/;

const AssumeRole = z.strictObject({
  RoleArn: z.string().regex(rolePattern, 'a role is arn:aws:iam::<account of 12 digits>:role/<name>'),
  RoleSessionName: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/, 'RoleSessionName has 2-64 of the characters A-Z a-z 0-9 _ + = , . @ -'),
  DurationSeconds: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(900).max(43_200))
    .default(defaultDurationSeconds),
  // Who may assume what is decided by IAM, which the embedded cloud does not have: these narrow rights only.
  ExternalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/)
    .optional(),
  Policy: z.string().min(1).max(2_048).optional(),
  Tags: tags.optional(),
});

/**
 * STS: AssumeRole answers credentials whose access key id is the 12-digit account of the role, so every later call
 * signed with them lands in that account.
 */
export const sts = (clock: Clock): QueryApi => ({
  service: 'sts',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  operations: {
    AssumeRole: operation(AssumeRole, (_scope, input) => {
      const [, account = '', role = ''] = rolePattern.exec(input.RoleArn) ?? [];
      return {
        Credentials: {
          AccessKeyId: account,
          SecretAccessKey: 'embedded-cloud',
          SessionToken: `embedded-cloud/${account}/${role}`,
          Expiration: new Date(clock.now() + input.DurationSeconds * 1_000).toISOString(),
        },
        AssumedRoleUser: {
          AssumedRoleId: `AROAEMBEDDED:${input.RoleSessionName}`,
          Arn: `arn:aws:sts::${account}:assumed-role/${role}/${input.RoleSessionName}`,
        },
      };
    }),
    GetCallerIdentity: operation(z.strictObject({}), ({ account }) => ({
      Account: account,
      Arn: `arn:aws:iam::${account}:root`,
      UserId: account,
    })),
  },
});
