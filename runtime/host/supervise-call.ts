import type { ArtifactStore } from '#core/release/artifact-store.ts';
import type { SessionAssignment, SessionRecord, SessionResult } from '#core/session/session-record.ts';
import type { Digest } from '#core/words/digest.ts';
import type { SessionConfig } from '../agent/ipc.ts';
import { type Clock, repeat, timestampOf, within } from '#core/clock.ts';
import { writeFailedStart } from '../failed-start.ts';
import type { CallLog } from '../log.ts';
import type { SessionLog } from '../session-spool.ts';
import type { AgentProcess, Exit } from './agent-process.ts';
import type { ConfigSource } from './session-configs.ts';
import { vouchAtWindow } from './vouch.ts';

/** A process that has given its result leaves on its own; after this it is ended (V3: gone within 5 s). */
const leaveLimitMs = 3_000;
const memoryEveryMs = 2_000;
const configLimitMs = 1_000;
const transcriptLimitMs = 3_000;
/** Time for the goodbye beyond the cap; a process that talks on after that hangs. */
const goodbyeGraceMs = 30_000;

export interface SuperviseOptions {
  readonly clock: Clock;
  readonly log: CallLog;
  readonly sessions: SessionLog;
  readonly configs: ConfigSource;
  /** Takes transcripts. */
  readonly artifacts: Pick<ArtifactStore, 'put'>;
  readonly hostId: string;
  readonly maxSessionSeconds: number;
  readonly maxMemoryBytes: number;
  readonly memoryOf: (pid: number) => Promise<number | undefined>;
  /** The call is open: it counts from now on. */
  readonly onStarted: (assignment: SessionAssignment) => void;
  readonly onEnded: (assignment: SessionAssignment, result: SessionResult) => void;
}

/**
 * Carries one call from its hand-over to its closed record: start row before the first frame, result at the end, and a result in
 * the name of a process that died without one. Never rejects.
 */
export const superviseCall = async (
  process: AgentProcess,
  assignment: SessionAssignment,
  given: SuperviseOptions,
): Promise<void> => {
  const { traceId, sessionId, customerId, release: agentVersion } = assignment;
  const log = given.log.with({ traceId, sessionId, customerId, agentVersion });
  const options = { ...given, log };
  const { clock, sessions } = options;
  const config = await openRecord(assignment, options).catch(async (error: unknown) => {
    log.error('call-not-configured', { error });
    options.onStarted(assignment);
    const detail = `no configuration for the call: ${error instanceof Error ? error.message : 'unknown'}`.slice(0, 500);
    options.onEnded(
      assignment,
      await writeFailedStart({ assignment, detail }, { sessions, clock, writer: options.hostId }),
    );
    return undefined;
  });
  if (!config) {
    log.warn('call-dropped', { reason: 'the session runs elsewhere or cannot be configured' });
    process.send({ type: 'drop' });
    const cancel = clock.after(leaveLimitMs, process.kill);
    await process.exited;
    return cancel();
  }
  process.send({ type: 'start', config });
  options.onStarted(assignment);
  let cause: string | undefined;
  const end = (detail: string) => {
    cause = detail;
    log.error('agent-ended-by-host', { pid: process.pid, detail });
    process.kill();
  };
  const memory = watchMemory(process, options, end);
  const cancelVouch = vouchAtWindow(assignment, options);
  const cancelCap = clock.after(options.maxSessionSeconds * 1_000 + goodbyeGraceMs, () =>
    end(`the call went on after its cap of ${options.maxSessionSeconds} s`),
  );
  const last = await Promise.race([process.result, process.exited]);
  cancelCap();
  cancelVouch();
  void memory.stop();
  let result: SessionResult;
  if ('result' in last) {
    const transcript = await keepTranscript(last.transcript, options);
    result = { ...last.result, ...(transcript !== undefined && { transcript }) };
  } else {
    result = diedResult(clock, last, cause);
    log.error('agent-died', { pid: process.pid, detail: result.errorDetail });
  }
  await sessions.close(sessionId, result);
  options.onEnded(assignment, result);
  const { outcome, errorClass, turns, startMs } = result;
  log.info('call-ended', { outcome, error_class: errorClass, turns, start_ms: startMs, arm: assignment.arm });
  const cancel = clock.after(leaveLimitMs, process.kill);
  await process.exited;
  cancel();
};

/** What a process that left no result is said to have died of. */
const diedResult = (clock: Clock, { code, signal }: Exit, cause: string | undefined): SessionResult => ({
  endedAt: timestampOf(clock.now()),
  outcome: 'failed',
  errorClass: 'process',
  errorDetail: cause ?? `the agent process exited with ${signal ?? `code ${code}`} in the middle of the call`,
  costUsd: 0,
  turns: 0,
  slowTurns: 0,
});

/** Opens the record of a call. @returns the configuration it runs with, or undefined when the session runs elsewhere */
const openRecord = async (
  assignment: SessionAssignment,
  { sessions, configs, clock, hostId }: SuperviseOptions,
): Promise<SessionConfig | undefined> => {
  const { promotionId, probe, callerHash, sessionId, customerId } = assignment;
  const [config, countsInTest] = await Promise.all([
    within(
      clock,
      configLimitMs,
      configs.resolve(customerId),
      () => new Error(`no configuration within ${configLimitMs} ms`),
    ),
    promotionId === undefined || probe ? false : sessions.claimFirstCall(promotionId, callerHash, sessionId),
  ]);
  const { overlayVersion, configDigest } = config;
  const record: SessionRecord = { assignment, hostId, overlayVersion, configDigest, countsInTest };
  return (await sessions.open(record)) ? config : undefined;
};

const watchMemory = (process: AgentProcess, options: SuperviseOptions, onExceeded: (detail: string) => void) =>
  repeat({
    clock: options.clock,
    everyMs: memoryEveryMs,
    task: async () => {
      const bytes = (await options.memoryOf(process.pid)) ?? 0;
      if (bytes <= options.maxMemoryBytes) return;
      const mb = (value: number) => Math.round(value / 1_048_576);
      onExceeded(`the agent process used ${mb(bytes)} MB of memory; it may use ${mb(options.maxMemoryBytes)} MB`);
    },
    onError: (error) => options.log.warn('memory-not-read', { error }),
  });

/** @returns the digest under which the transcript stands */
const keepTranscript = async (
  text: string,
  { artifacts, clock, log }: SuperviseOptions,
): Promise<Digest | undefined> => {
  if (text === '') return undefined;
  const transcript = { bytes: new TextEncoder().encode(text), mediaType: 'text/plain; charset=utf-8' };
  try {
    const late = () => new Error(`not stored within ${transcriptLimitMs} ms`);
    return (await within(clock, transcriptLimitMs, artifacts.put(transcript), late)).digest;
  } catch (error) {
    log.error('transcript-not-stored', { error });
    return undefined;
  }
};
