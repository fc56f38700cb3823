import { Duration, Stack } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  type IChainable,
  JsonPath,
  LogLevel,
  type State,
  StateMachine,
  StateMachineType,
  Succeed,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { BadEnd } from '#core/promotion/execution-end.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { HandlerName } from '#lambdas/entrance/environment.ts';
import type { Consumer } from './consumer.ts';
import type { HandlerFunction } from './handler-function.ts';

/** The functions that the workflow calls, in the order of a promotion that goes well. */
export const workflowSteps = [
  'validate',
  'check-evidence',
  'prepare-pool',
  'probe-pool',
  'replay',
  'start-canary',
  'analyze',
  'continue-promotion',
  'promote',
  'retire-old',
  'abort',
  'notify',
] as const satisfies readonly HandlerName[];
export type WorkflowStep = (typeof workflowSteps)[number];

export interface PromotionWorkflowProps {
  readonly functions: { readonly [Step in WorkflowStep]: HandlerFunction<Step> };
}

/** Analyses per execution: about 15 history events each, so the 25,000 of one execution are never near. */
const maxLoopsPerExecution = 500;
/** Ten minutes of polls stay far below the history limit, too. */
const poolPollSeconds = 2;

/** Errors after which the same step may simply be tried again: every step is idempotent. */
const transientErrors = [
  'Retryable',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Sandbox.Timedout',
  'States.Timeout',
];

/**
 * The promotion of one release into one version set, as JSONPath ASL. It is not the safety net: outcomes of calls and
 * alarms flip the head without it, and exposure runs out by itself when nobody analyzes.
 */
export class PromotionWorkflow extends Construct {
  readonly #stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: PromotionWorkflowProps) {
    super(scope, id);
    const logs = new LogGroup(this, 'Logs', {
      logGroupName: '/aws/vendedlogs/states/lastgood-promotion',
      retention: RetentionDays.ONE_YEAR,
    });
    this.#stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: resourceNames.promotionStateMachine,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromChainable(this.#definition(props.functions)),
      // The longest deadline of a plan is 30 days.
      timeout: Duration.days(31),
      tracingEnabled: true,
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
    });
    this.#grantContinue(props.functions['continue-promotion']);
  }

  /** What a person does with promotions: start, watch and stop them. */
  grantOperate(grantee: IGrantable): void {
    this.#stateMachine.grantStartExecution(grantee);
    this.#stateMachine.grantExecution(
      grantee,
      'states:DescribeExecution',
      'states:GetExecutionHistory',
      'states:StopExecution',
    );
  }

  /** Gives a function every execution that failed, ran out of time or was stopped, which is: that did not come to its last step. */
  onBadEnd(answer: IFunction): void {
    new Rule(this, 'BadEnds', {
      ruleName: 'lastgood-bad-ends',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [this.#stateMachine.stateMachineArn], status: [...BadEnd.options] },
      },
      targets: [new LambdaFunction(answer)],
    });
  }

  /** Executions that ended so, per minute. */
  metricBadEnds(): IMetric {
    const options = { period: Duration.minutes(1), statistic: Stats.SUM };
    return new MathExpression({
      expression: 'FILL(failed,0)+FILL(timedOut,0)+FILL(stopped,0)',
      usingMetrics: {
        failed: this.#stateMachine.metricFailed(options),
        timedOut: this.#stateMachine.metricTimedOut(options),
        stopped: this.#stateMachine.metricAborted(options),
      },
      period: Duration.minutes(1),
    });
  }

  /** The machine is named, not referenced: it calls the function that continues it, so a reference would be a circle. */
  #grantContinue(consumer: Consumer<'PROMOTION_STATE_MACHINE'>): void {
    const arn = Stack.of(this).formatArn({
      service: 'states',
      resource: `stateMachine:${resourceNames.promotionStateMachine}`,
    });
    consumer.addEnvironment('PROMOTION_STATE_MACHINE', arn);
    consumer.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [arn] }),
    );
  }

  #definition(functions: PromotionWorkflowProps['functions']): IChainable {
    const task: TaskFactory = (id, step, resultPath, payload) =>
      withRetry(
        new LambdaInvoke(this, id, {
          ...(payload && { payload }),
          lambdaFunction: functions[step].function,
          payloadResponseOnly: true,
          retryOnServiceExceptions: false,
          resultPath,
          taskTimeout: Timeout.duration(Duration.seconds(120)),
        }),
      );
    const aborted = this.#abortedTail(task);
    const promoted = this.#promotedTail(task);
    const analysis = this.#analysisLoop(task, { aborted, promoted });

    const startCanary = task('StartCanary', 'start-canary', '$.analysis');
    const replay = task('Replay', 'replay', '$.replay');
    const probePool = task('ProbePool', 'probe-pool', '$.probe');
    const preparePool = task('PreparePool', 'prepare-pool', '$.pool');
    const checkEvidence = task('CheckEvidence', 'check-evidence', '$.evidence');
    const validate = task(
      'Validate',
      'validate',
      '$.validated',
      TaskInput.fromObject({
        promotion: JsonPath.entirePayload,
        executionArn: JsonPath.stringAt('$$.Execution.Id'),
        startedAt: JsonPath.stringAt('$$.Execution.StartTime'),
      }),
    );
    for (const step of [validate, checkEvidence, preparePool, probePool, replay, startCanary])
      step.addCatch(aborted, { resultPath: '$.failure' });

    const waitForPool = new Wait(this, 'WaitForPool', {
      time: WaitTime.duration(Duration.seconds(poolPollSeconds)),
    });
    const firstRelease = new Choice(this, 'HasIncumbent').when(
      Condition.stringEquals('$.analysis.action', 'initialized'),
      promoted.retireOld,
    );
    validate
      .next(checkEvidence)
      .next(preparePool)
      .next(
        new Choice(this, 'IsPoolWarm')
          .when(Condition.booleanEquals('$.pool.ready', true), probePool)
          .otherwise(waitForPool.next(preparePool)),
      );
    probePool.next(replay).next(startCanary).next(firstRelease.otherwise(analysis.wait));
    return new Choice(this, 'IsContinuation')
      .when(Condition.numberGreaterThan('$.continuation', 0), analysis.analyze)
      .otherwise(validate);
  }

  /**
   * Whatever went wrong: exposure back to zero. An aborted promotion is an execution that did its work; one that could not even abort
   * fails, and `onBadEnd` takes over. People are told here only when no transition tells them.
   */
  #abortedTail(task: TaskFactory): State {
    const abort = task('Abort', 'abort', '$.aborted');
    const retire = task('RetireCandidate', 'retire-old', '$.retired');
    const notify = task('NotifyRefused', 'notify', '$.notified');
    const end = new Succeed(this, 'Aborted', {
      comment: 'New calls are on the stable release. `lastgood why <promotion>` tells the reason.',
    });
    const failed = new Fail(this, 'NotEnded', {
      errorPath: '$.endFailure.Error',
      causePath: '$.endFailure.Cause',
    });
    const wasMet = new Choice(this, 'WasItMet')
      .when(Condition.stringEquals('$.aborted.outcome', 'no-canary'), notify)
      .otherwise(end);
    abort.addCatch(failed, { resultPath: '$.endFailure' });
    retire.addCatch(wasMet, { resultPath: '$.retireFailure' });
    notify.addCatch(failed, { resultPath: '$.endFailure' });
    abort.next(retire).next(wasMet);
    notify.next(end);
    return abort;
  }

  /** The head has moved; nothing after it can take that back. */
  #promotedTail(task: TaskFactory): { promote: LambdaInvoke; retireOld: LambdaInvoke } {
    const promote = task('Promote', 'promote', '$.promoted');
    const retireOld = task('RetireOld', 'retire-old', '$.retired');
    const end = new Succeed(this, 'Promoted');
    retireOld.addCatch(end, { resultPath: '$.retireFailure' });
    promote.next(retireOld).next(end);
    return { promote, retireOld };
  }

  #analysisLoop(
    task: TaskFactory,
    ends: { aborted: State; promoted: { promote: LambdaInvoke } },
  ): { wait: Wait; analyze: LambdaInvoke } {
    const wait = new Wait(this, 'WaitForEvidence', { time: WaitTime.secondsPath('$.analysis.waitSeconds') });
    const analyze = task('Analyze', 'analyze', '$.analysis');
    const continuePromotion = task('ContinuePromotion', 'continue-promotion', '$.continued');
    for (const step of [analyze, continuePromotion, ends.promoted.promote])
      step.addCatch(ends.aborted, { resultPath: '$.failure' });
    analyze.next(
      new Choice(this, 'WhatNext')
        .when(Condition.stringEquals('$.analysis.action', 'abort'), ends.aborted)
        .when(Condition.stringEquals('$.analysis.action', 'promote'), ends.promoted.promote)
        .when(
          Condition.numberGreaterThanEquals('$.analysis.loop', maxLoopsPerExecution),
          continuePromotion.next(new Succeed(this, 'Continued')),
        )
        .otherwise(wait),
    );
    wait.next(analyze);
    return { wait, analyze };
  }
}

/** @param payload of the function. @default - the whole state: the promotion and the answers of the steps before */
type TaskFactory = (id: string, step: WorkflowStep, resultPath: string, payload?: TaskInput) => LambdaInvoke;

const withRetry = (task: LambdaInvoke): LambdaInvoke => {
  task.addRetry({
    errors: transientErrors,
    interval: Duration.seconds(1),
    backoffRate: 2,
    maxAttempts: 5,
    maxDelay: Duration.seconds(20),
  });
  return task;
};
