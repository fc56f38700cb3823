import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Connection } from './connection.ts';

export interface Functions {
  /** Asks a function to run and does not wait for it. */
  readonly ask: (functionName: string) => Promise<void>;
}

export const functions = (connection: Connection): Functions => ({
  ask: async (functionName) => {
    await connection
      .client(LambdaClient)
      .send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: '{}' }));
  },
});
