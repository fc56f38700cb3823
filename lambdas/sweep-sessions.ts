import { z } from 'zod';
import { openTable } from '#aws/dynamodb.ts';
import { hostStore } from '#aws/host-store.ts';
import { openSessions } from '#aws/open-sessions.ts';
import { sessionStore } from '#aws/session-store.ts';
import { sweepSessions } from '#operations/session/sweep-sessions.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('sweep-sessions', z.unknown(), ({ connection, environment, log, clock }) => {
  const sessions = openTable(connection, environment.SESSIONS_TABLE);
  return sweepSessions({
    sessions: sessionStore(sessions),
    open: openSessions(sessions),
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    log,
    clock,
  });
});
