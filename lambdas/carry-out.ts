import { z } from 'zod';
import { artifactStore } from '#aws/artifact-store.ts';
import { metricSink } from '#aws/metrics.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { pager } from '#aws/pages.ts';
import { movedSets, RegistryStreamEvent } from '#aws/registry-stream.ts';
import { carryOutMoved } from '#operations/outbox/carry-out-moved.ts';
import { sweepOutbox } from '#operations/outbox/sweep-outbox.ts';
import { lambdaHandler } from './entrance/handler.ts';

const Schedule = z.object({ source: z.literal('aws.events') });

export const handler = lambdaHandler('carry-out', z.union([RegistryStreamEvent, Schedule]), (parts) => {
  const { connection, environment, log, clock } = parts;
  const ports = {
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    part: artifactStore(connection, environment.ARTIFACT_BUCKET).get,
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    metrics: metricSink(connection),
    services: environment.SERVICES,
    org: environment.ORG,
    log,
    clock,
  };
  return async (event) => {
    if (!('Records' in event)) return sweepOutbox(ports)();
    const failed = await carryOutMoved(ports)(movedSets(event));
    return { batchItemFailures: failed.map(({ sequenceNumber }) => ({ itemIdentifier: sequenceNumber })) };
  };
});
