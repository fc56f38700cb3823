import type { STSClient, STSClientConfig } from '@aws-sdk/client-sts';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Clock } from '#core/clock.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import { asAwsFailure } from './failure.ts';

/** Every call is bounded: attempts × (connect + answer), plus the SDK's backoff of at most 20 s between attempts. */
const limits = { attempts: 3, connectMs: 2_000, answerMs: 10_000, sockets: 64 } as const;

type Credentials = NonNullable<STSClientConfig['credentials']>;

/** What all clients of a connection are made with. */
export type ClientSettings = Pick<STSClientConfig, 'region' | 'credentials' | 'maxAttempts' | 'requestHandler'>;

interface AnyClient {
  destroy(): void;
  readonly middlewareStack: object;
}

/** One org's AWS account and region, as one identity. Clients are made at first use and share these settings. */
export interface Connection {
  /** The one client of a service: `connection.client(ECSClient)`. Its failures are `LastgoodError`s of code `aws-failed`. */
  readonly client: <Client extends AnyClient>(constructor: new (settings: ClientSettings) => Client) => Client;
  /** Closes every client's sockets. */
  readonly close: () => void;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

export interface ConnectionOptions extends Pick<Connection, 'clock' | 'random'> {
  /** @default - AWS_REGION of the environment */
  readonly region?: string;
  /** @default - the SDK's chain: environment, container, profile */
  readonly credentials?: Credentials;
  /** Longest wait for one answer, in milliseconds. @default 10000 */
  readonly answerMs?: number;
}

/** With neither region nor credentials: the identity of the task or function that the code runs in. */
export const connect = (options: ConnectionOptions): Connection => {
  const { region, credentials, answerMs = limits.answerMs, clock, random } = options;
  const agent = { keepAlive: true, maxSockets: limits.sockets };
  const settings: ClientSettings = {
    ...(region !== undefined && { region }),
    ...(credentials && { credentials }),
    maxAttempts: limits.attempts,
    requestHandler: {
      connectionTimeout: limits.connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
  const clients = new Map<unknown, AnyClient>();
  return {
    clock,
    random,
    client: <Client extends AnyClient>(constructor: new (settings: ClientSettings) => Client): Client => {
      const known = clients.get(constructor);
      if (known instanceof constructor) return known;
      const client = new constructor(settings);
      nameFailures(client);
      clients.set(constructor, client);
      return client;
    },
    close: () => {
      for (const client of clients.values()) client.destroy();
      clients.clear();
    },
  };
};

/** Runs outside the SDK's retries, so it sees only the failure that the caller gets. */
const nameFailures = (client: AnyClient): void => {
  // Clients differ in the inputs their stacks carry; a middleware that passes them through fits every one.
  const stack = client.middlewareStack as STSClient['middlewareStack'];
  stack.add(
    (next, context) => (args) => next(args).catch((error: unknown) => Promise.reject(asAwsFailure(error, context))),
    { step: 'initialize', name: 'lastgoodFailure', priority: 'high' },
  );
};

/** Acts in an org as its operator role: what the CLI uses, from whatever identity its user has. */
export const connectToOrg = (
  org: { readonly account: string; readonly region: string },
  surroundings: Pick<Connection, 'clock' | 'random'>,
): Connection =>
  connect({
    ...surroundings,
    region: org.region,
    credentials: fromTemporaryCredentials({
      params: {
        RoleArn: `arn:aws:iam::${org.account}:role/${resourceNames.operatorRole}`,
        RoleSessionName: 'lastgood-cli',
        DurationSeconds: 3_600,
      },
      clientConfig: { region: org.region, maxAttempts: limits.attempts },
    }),
  });
