import { statSync } from 'node:fs';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { EventFilters } from './event-filter.ts';
import {
  type ResourceContext,
  arn,
  count,
  flag,
  generatedName,
  resourceType,
  stableId,
  withoutEffect,
} from '../../deploy/resource-type.ts';

const LambdaFunction = z.strictObject({
  FunctionName: z.string().optional(),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string(), ...withoutEffect('SourceKMSKeyArn') }),
  Handler: z.string(),
  Runtime: z.string().regex(/^nodejs\d+\.x$/, 'the embedded cloud runs Node functions'),
  Timeout: count.default(3),
  MemorySize: count.default(128),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).prefault({}),
  ReservedConcurrentExecutions: count.optional(),
  LoggingConfig: z
    .strictObject({
      LogGroup: z.string().optional(),
      ...withoutEffect('LogFormat', 'ApplicationLogLevel', 'SystemLogLevel'),
    })
    .prefault({}),
  ...withoutEffect(
    'Architectures',
    'Description',
    'EphemeralStorage',
    'KmsKeyArn',
    'Role',
    'RuntimeManagementConfig',
    'Tags',
    'TracingConfig',
    'VpcConfig',
    'RecursiveLoop',
  ),
});

/** Long enough for a function whose timers the library of this machine can hold. */
const maxTimeoutSeconds = 900;

/** Functions below this run out of memory while they load here, as the SDK's bundle needs some. */
const minHeapMb = 128;

const codeFolder = (context: ResourceContext, key: string): string => {
  const asset = context.assets.get(key);
  if (!asset) {
    throw new LastgoodError(
      'unsupported-resource',
      `its code ${key} is no asset of the cloud assembly; the embedded cloud runs bundles that CDK built`,
    );
  }
  if (!statSync(asset.path).isDirectory()) {
    throw new LastgoodError(
      'unsupported-resource',
      `its code ${asset.path} is a file; the embedded cloud runs bundles from their folder`,
    );
  }
  return asset.path;
};

const StreamMapping = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  StartingPosition: z.enum(['LATEST', 'TRIM_HORIZON']),
  BatchSize: count.default(100),
  MaximumBatchingWindowInSeconds: count.default(0),
  MaximumRetryAttempts: count.default(-1),
  MaximumRecordAgeInSeconds: count.default(-1),
  BisectBatchOnFunctionError: flag.default(false),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  Enabled: flag.default(true),
  ParallelizationFactor: z.literal(1, 'records are handed over one batch at a time').optional(),
  FilterCriteria: EventFilters.optional(),
  /** Where what was given up goes. */
  DestinationConfig: z
    .strictObject({
      OnFailure: z.strictObject({
        Destination: z
          .string()
          .regex(/^arn:aws:sns:/, 'the embedded cloud sends what a mapping gives up to a topic only'),
      }),
    })
    .optional(),
  ...withoutEffect('Tags'),
});

const orForever = (value: number): number => (value < 0 ? Infinity : value);

const Version = z.strictObject({
  FunctionName: z.string(),
  ...withoutEffect('CodeSha256', 'Description', 'RuntimePolicy'),
});
const Alias = z.strictObject({
  FunctionName: z.string(),
  Name: z.string(),
  FunctionVersion: z.string(),
  ...withoutEffect('Description', 'ProvisionedConcurrencyConfig'),
});

export const lambdaTypes = [
  resourceType({
    type: 'AWS::Lambda::Function',
    schema: LambdaFunction,
    apply: async (context, properties) => {
      const name = properties.FunctionName ?? generatedName(context);
      const functionArn = await context.services.lambda.put(context.scope, {
        name,
        codeFolder: codeFolder(context, properties.Code.S3Key),
        handler: properties.Handler,
        runtime: properties.Runtime,
        environment: properties.Environment.Variables,
        timeoutMs: Math.min(properties.Timeout, maxTimeoutSeconds) * 1_000,
        memoryMb: Math.max(properties.MemorySize, minHeapMb),
        logGroup: properties.LoggingConfig.LogGroup ?? `/aws/lambda/${name}`,
        ...(properties.ReservedConcurrentExecutions === undefined
          ? {}
          : { reservedConcurrency: properties.ReservedConcurrentExecutions }),
      });
      return { ref: name, attributes: { Arn: functionArn } };
    },
    remove: ({ services, scope }, { ref }) => services.lambda.remove(scope, ref),
  }),
  // There is one deployed code per function, so a version and an alias name the function itself.
  resourceType({
    type: 'AWS::Lambda::Version',
    schema: Version,
    apply: (context, { FunctionName: name }) => {
      const functionArn = name.startsWith('arn:') ? name : arn(context, 'lambda', `function:${name}`);
      return { ref: `${functionArn}:1`, attributes: { FunctionArn: `${functionArn}:1`, Version: '1' } };
    },
  }),
  resourceType({
    type: 'AWS::Lambda::Alias',
    schema: Alias,
    apply: (context, { FunctionName: name, Name: alias }) => {
      const functionArn = name.startsWith('arn:') ? name : arn(context, 'lambda', `function:${name}`);
      return { ref: `${functionArn}:${alias}`, attributes: { AliasArn: `${functionArn}:${alias}` } };
    },
  }),
  resourceType({
    type: 'AWS::Lambda::EventSourceMapping',
    schema: StreamMapping,
    apply: async (context, properties) => {
      const [, table] = /:table\/([^/]+)\/stream\//.exec(properties.EventSourceArn) ?? [];
      if (table === undefined) {
        throw new LastgoodError(
          'unsupported-resource',
          `${properties.EventSourceArn} is no table stream; the embedded cloud maps streams of tables only`,
        );
      }
      const id = stableId(context);
      if (properties.Enabled) {
        await context.services.mappings.put(context.scope, {
          id,
          table,
          functionRef: properties.FunctionName,
          batchSize: properties.BatchSize,
          maximumBatchingWindowMs: properties.MaximumBatchingWindowInSeconds * 1_000,
          maximumRetryAttempts: orForever(properties.MaximumRetryAttempts),
          maximumRecordAgeMs: orForever(properties.MaximumRecordAgeInSeconds) * 1_000,
          bisectBatchOnFunctionError: properties.BisectBatchOnFunctionError,
          reportBatchItemFailures: properties.FunctionResponseTypes.length > 0,
          startingPosition: properties.StartingPosition,
          ...(properties.FilterCriteria && { filters: properties.FilterCriteria }),
          ...(properties.DestinationConfig && { onFailureArn: properties.DestinationConfig.OnFailure.Destination }),
        });
      }
      return { ref: id, attributes: { Id: id, Table: table } };
    },
    remove: ({ services, scope }, { ref, attributes }) =>
      services.mappings.remove(scope, ref, String(attributes['Table'])),
  }),
];
