import { randomBytes } from 'node:crypto';
import { connect } from '#aws/connection.ts';
import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { edgeStore, hostStore } from '#aws/host-store.ts';
import { metricSink } from '#aws/metrics.ts';
import { keySource } from '#aws/secrets.ts';
import { sessionStore } from '#aws/session-store.ts';
import { parseOrThrow } from '#core/parse.ts';
import { systemClock } from '#core/clock.ts';
import { ecsTaskProtection, readOwnTask } from '../ecs-task.ts';
import { createLog } from '../log.ts';
import { runTask } from '../run-task.ts';
import { startEdge } from './edge.ts';
import { EdgeEnvironment } from './environment.ts';

/** The data plane gives up on an answer before a caller notices; its own limits are tighter still. */
const answerMs = 2_000;

const environment = parseOrThrow(EdgeEnvironment, process.env, 'environment of the edge', 'environment');
const log = createLog({ component: 'edge', org: environment.ORG, now: systemClock.now });

await runTask(systemClock, log, async () => {
  const task = await readOwnTask(systemClock, environment.ECS_CONTAINER_METADATA_URI_V4);
  const connection = connect({ answerMs, clock: systemClock, random: Math.random });
  const hostsTable = openTable(connection, environment.HOSTS_TABLE);
  const sessions = sessionStore(openTable(connection, environment.SESSIONS_TABLE));
  const secrets = { sessionKey: environment.SESSION_KEY_SECRET, telephony: environment.TELEPHONY_SECRET };
  return startEdge(
    {
      clock: systemClock,
      log,
      keys: keySource(connection, secrets),
      heads: headStore(openTable(connection, environment.REGISTRY_TABLE)),
      hosts: hostStore(hostsTable),
      tickets: sessions,
      leases: edgeStore(hostsTable),
      sessions,
      metrics: metricSink(connection),
      protection: ecsTaskProtection(systemClock, environment.ECS_AGENT_URI),
      random: Math.random,
      randomBytes,
    },
    {
      org: environment.ORG,
      edgeId: task.id,
      publicUrl: environment.PUBLIC_URL,
      port: environment.PORT,
      services: environment.SERVICES,
      maxPendingSessions: environment.MAX_PENDING_SESSIONS,
      maxWaitMs: environment.MAX_WAIT_MS,
      maxConnections: environment.MAX_CONNECTIONS,
    },
  );
});
