import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { AwsError } from '../../http/aws-error.ts';
import { readBody } from '../../http/body.ts';
import { parseInput } from '../../http/operation.ts';
import { type RestOperation, restParameters } from '../../http/rest.ts';
import { containerOf } from './task-definition.ts';
import type { EcsTask } from './ecs-task.ts';
import { clusterArn } from './state.ts';
import { defaultProtectionMinutes, protectionMinutes } from './inputs.ts';

export const taskEndpointPrefix = '/_ecs/';

const ProtectionBody = z.strictObject({
  ProtectionEnabled: z.boolean(),
  ExpiresInMinutes: protectionMinutes.optional(),
});

const NoParameters = z.strictObject({ 'content-type': z.string().optional() });

/** The paths below `/_ecs/`, which containers know from their environment. */
const endpoint = (method: string, what: string): RestOperation => ({
  method,
  path: `${taskEndpointPrefix}{TaskId}/${what}`,
  schema: NoParameters,
});

const protectionPath = 'agent/task-protection/v1/state';
export const taskEndpoints = {
  GetTaskMetadata: endpoint('GET', 'metadata/task'),
  GetContainerMetadata: endpoint('GET', 'metadata'),
  GetProtection: endpoint('GET', protectionPath),
  PutProtection: endpoint('PUT', protectionPath),
};

const json = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

/** Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html */
const metadata = (task: EcsTask): object => {
  const container = containerOf(task.request.definition);
  return {
    Cluster: clusterArn(task.request.scope, task.request.clusterName),
    TaskARN: task.arn,
    Family: task.request.definition.input.family,
    Revision: String(task.request.definition.revision),
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.status,
    LaunchType: 'FARGATE',
    AvailabilityZone: `${task.request.scope.region}a`,
    Containers: [
      {
        DockerId: task.id,
        Name: container.name,
        Image: container.image,
        KnownStatus: task.status,
        Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: ['127.0.0.1'] }],
      },
    ],
  };
};

const protectionAnswer = (task: EcsTask): object => {
  const { enabled, expiresAt } = task.protection();
  return {
    protection: {
      TaskArn: task.arn,
      ProtectionEnabled: enabled,
      ...(expiresAt !== undefined && { ExpirationDate: new Date(expiresAt).toISOString() }),
    },
  };
};

/** The task-protection endpoint. Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html */
const protect = async (
  request: IncomingMessage,
  response: ServerResponse,
  task: EcsTask,
  changed: () => void,
): Promise<void> => {
  const refuse = (status: number, code: string, message: string): void =>
    json(response, status, { error: { Arn: task.arn, Code: code, Message: message } });
  if (request.method === 'GET') return json(response, 200, protectionAnswer(task));
  if (request.method !== 'PUT') return refuse(405, 'InvalidParameterException', 'use GET or PUT');
  const body = ProtectionBody.safeParse(asJson((await readBody(request, 4_096)).toString()));
  if (!body.success)
    return refuse(400, 'InvalidParameterException', body.error.issues.map((issue) => issue.message).join('; '));
  if (!task.request.group.startsWith('service:'))
    return refuse(400, 'TASK_NOT_VALID', 'only tasks of a service can be protected');
  task.setProtection(body.data.ProtectionEnabled, body.data.ExpiresInMinutes ?? defaultProtectionMinutes);
  changed();
  return json(response, 200, protectionAnswer(task));
};

/** Undefined for what is no JSON: the schema then says what it wants. */
const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What a container finds at ECS_CONTAINER_METADATA_URI_V4 and ECS_AGENT_URI. */
export const handleTaskEndpoint = async (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  find: (taskId: string) => EcsTask | undefined,
  changed: (task: EcsTask) => void,
): Promise<void> => {
  const [taskId = '', ...rest] = url.pathname.slice(taskEndpointPrefix.length).split('/');
  const task = find(taskId);
  const what = rest.join('/');
  if (!task) throw new AwsError('InvalidParameterException', `no task ${taskId}`, 404);
  parseInput(NoParameters, restParameters(request, url), { invalid: 'InvalidParameterException' });
  if (what === 'metadata/task') return json(response, 200, metadata(task));
  if (what === 'metadata') {
    const { Containers: containers } = metadata(task) as { Containers: object[] };
    return json(response, 200, containers[0] ?? {});
  }
  if (what === protectionPath) return protect(request, response, task, () => changed(task));
  throw new AwsError('InvalidParameterException', `the embedded cloud has no task endpoint ${what}`, 404);
};
