import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Functions } from '#core/promotion/functions.ts';
import type { Connection } from './connection.ts';

export const functions = (connection: Connection): Functions => ({
  ask: async (functionName) => {
    await connection
      .client(LambdaClient)
      .send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: '{}' }));
  },
});
