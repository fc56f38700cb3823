/**
 * Names of an org's resources. An org is an AWS account, so names are the same in every org: what the
 * CLI, the CDK app and the tasks must agree on stands here once.
 */
export const resourceNames = {
  registryTable: 'lastgood-registry',
  tenancyTable: 'lastgood-tenancy',
  sessionsTable: 'lastgood-sessions',
  hostsTable: 'lastgood-hosts',
  cluster: 'lastgood',
  edgeService: 'lastgood-edge',
  hostTaskFamily: 'lastgood-host',
  promotionStateMachine: 'lastgood-promotion',
  pagesTopic: 'lastgood-pages',
  alarmsTopic: 'lastgood-alarms',
  sessionKeySecret: 'lastgood/session-key',
  telephonySecret: 'lastgood/telephony',
  operatorRole: 'lastgood-operator',
  metricNamespace: 'Lastgood',
} as const;

/** S3 bucket names are global, so this one carries account and region. */
export const artifactBucketName = (account: string, region: string): string =>
  `lastgood-artifacts-${account}-${region}`;

/** Lambda function of the file `lambdas/<name>.ts`. */
export const functionName = (name: string): string => `lastgood-${name}`;

/** ECS service of one release's pool. */
export const poolName = (service: string, releaseId: string): string => `pool-${service}-${releaseId.slice(0, 12)}`;

/** The alarms of one service, by what they watch. */
export const alarmNames = (service: string) => ({
  candidateWorse: `lastgood-${service}-candidate-worse`,
  candidateSilent: `lastgood-${service}-candidate-silent`,
  errorFloor: `lastgood-${service}-error-floor`,
  lastGoodCold: `lastgood-${service}-last-good-cold`,
  callsRefused: `lastgood-${service}-calls-refused`,
});

/**
 * CloudWatch metric names, all in `resourceNames.metricNamespace`. Those about calls have the dimensions Service and Arm: sums of the last
 * minute, or of the last ten where the name says so, on each 10 s boundary.
 */
export const metricNames = {
  callsStarted: 'CallsStarted',
  callsEnded: 'CallsEnded',
  callsFailed: 'CallsFailed',
  callsStartedIn10Minutes: 'CallsStartedIn10Minutes',
  callsFailedIn10Minutes: 'CallsFailedIn10Minutes',
  sessionsAssigned: 'SessionsAssigned',
  pendingSessions: 'PendingSessions',
  /** With Service alone: 1 when a synthetic call through last-good was not answered, 0 when it was; nothing where none was placed. */
  lastGoodCold: 'LastGoodCold',
  /** Of the oldest history entry whose consequences nobody could carry out; one for the org. */
  outboxAgeSeconds: 'OutboxAgeSeconds',
  /**
   * Plain counts, so that any period may be summed. With Service, Arm and Reason (`core/words/loss.ts`): calls that their arm had no
   * process for; nothing is published where there is none. With Service alone: callers whom nobody served, zeros included, for
   * alarms, which read ten metrics at most.
   */
  callsRefused: 'CallsRefused',
} as const;
