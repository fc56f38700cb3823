import { randomBytes } from 'node:crypto';

/** A cloud that the wire tests run against. */
export interface Target {
  readonly name: string;
  /** Address for AWS_ENDPOINT_URL. */
  endpoint(): string;
  /** True for the embedded cloud, which must answer an unknown call with a clear text. */
  readonly isEmbedded: boolean;
}

/** Settings of every SDK client of the tests. The account is the access key, as the embedded cloud has it. */
export const clientSettings = (target: Target) => ({
  endpoint: target.endpoint(),
  region: 'us-east-1',
  credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  maxAttempts: 1,
});

/** A name that no other run has used: other implementations keep their state between runs. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`;
