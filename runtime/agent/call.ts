import { decodeMulaw, phoneFrameBytes } from '#core/audio/mulaw.ts';
import type { SessionAssignment, SessionResult } from '#core/session/session-record.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import type { CallLog } from '../log.ts';
import { llmProviders, sttProviders, ttsProviders } from '../providers/registry.ts';
import type { CallStart, CallTransport } from '../transports/transport.ts';
import { failureOf } from './failure.ts';
import type { CallEnd, Frame } from './frame.ts';
import type { PreparedRelease, SessionConfig } from './ipc.ts';
import { type Direction, Pipeline } from './pipeline.ts';
import { Conversation } from './processors/conversation.ts';
import { Playback } from './processors/playback.ts';
import { Recognition } from './processors/recognition.ts';
import { Synthesis } from './processors/synthesis.ts';
import { Turns } from './processors/turns.ts';
import { VoiceActivity } from './processors/voice-activity.ts';
import type { Toolbox } from './toolbox.ts';

/** A far end that opens a connection and then says nothing is not a call. */
const startLimitMs = 10_000;
const maxLatencies = 1_000;

export interface CallOptions {
  readonly transport: CallTransport;
  readonly assignment: SessionAssignment;
  readonly release: PreparedRelease;
  readonly toolbox: Toolbox;
  readonly clock: Clock;
  readonly log: CallLog;
  readonly maxSessionSeconds: number;
  /** The start row is written, and this is what the session runs with. */
  readonly config: Promise<SessionConfig>;
}

export interface FinishedCall {
  readonly result: SessionResult;
  readonly transcript: string;
}

/** One call, from its transport's start to its result. */
export class Call {
  readonly #options: CallOptions;
  readonly #stop = new AbortController();
  readonly #latencies: number[] = [];
  #pipeline: Pipeline | undefined;
  #conversation: Conversation | undefined;
  #playback: Playback | undefined;
  #startMs: number | undefined;
  #slowTurns = 0;
  #interruptions = 0;
  #dropped = 0;
  #goodbyeAsked = false;
  #finish: (end: CallEnd) => void = () => undefined;

  #log: CallLog;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /** Carries the call to its end. */
  async run(): Promise<FinishedCall> {
    const { clock, transport, maxSessionSeconds } = this.#options;
    const ended = new Promise<CallEnd>((resolve) => {
      this.#finish = resolve;
    });
    const begun = new Promise<CallStart>((resolve) => {
      transport.listen({
        onStart: resolve,
        onAudio: framing((frame) => this.#pipeline?.push({ kind: 'audio-in', samples: decodeMulaw(frame) })),
        onMark: (name) => this.#pipeline?.push({ kind: 'mark', name }),
        onDtmf: (digit) => this.#pipeline?.push({ kind: 'dtmf', digit }),
        onEnd: (reason) => this.#farEndGone(reason),
      });
    });
    const cancelStart = clock.after(startLimitMs, () =>
      this.#finish({
        outcome: 'failed',
        errorClass: 'network',
        errorDetail: `no start message within ${startLimitMs} ms`,
      }),
    );
    const cancelCap = clock.after(maxSessionSeconds * 1_000, () => this.goodbye());
    void Promise.all([begun, this.#options.config])
      .then(([start, config]) => {
        cancelStart();
        return this.#stop.signal.aborted ? undefined : this.#begin(start, config);
      })
      .catch((error: unknown) => this.#finish(failureOf(error, 'platform')));
    const end = await ended;
    cancelStart();
    cancelCap();
    this.#stop.abort();
    this.#playback?.settle();
    this.#pipeline?.close();
    this.#log.info('call-over', { outcome: end.outcome, error_class: end.errorClass, dropped_frames: this.#dropped });
    await transport.close(end.outcome);
    return { result: this.#result(end), transcript: this.#conversation?.history.transcript ?? '' };
  }

  /** Says goodbye and ends: the cap is reached, or the host goes away. */
  goodbye(): void {
    this.#goodbyeAsked = true;
    this.#pipeline?.push({ kind: 'goodbye' });
  }

  #begin({ parameters }: CallStart, { effective: config, providers, overlayVersion }: SessionConfig): void {
    const { transport, clock, assignment, release, toolbox } = this.#options;
    const log = this.#options.log.with({ overlayVersion });
    this.#log = log;
    const { model } = config;
    const { stopMs, startMs, minEndpointMs, maxEndpointMs, interruptionMs } = model.turnDetection;
    const { language, vocabulary } = model.stt;
    const context = { clock, parameters, signal: this.#stop.signal };
    const stt = sttProviders.open(providers.stt, { ...context, language, vocabulary });
    const llm = llmProviders.open(providers.llm, context);
    const { voice, speed } = model.tts;
    const tts = ttsProviders.open(providers.tts, { ...context, language, voice, speed });
    const { sessionId, customerId } = assignment;
    const session = { sessionId, customerId, businessRules: config.businessRules };
    this.#conversation = new Conversation({ release, config, session, llm, toolbox, clock, log });
    this.#playback = new Playback(transport, clock);
    this.#pipeline = new Pipeline({
      processors: [
        new VoiceActivity({ startMs, stopMs }),
        new Turns({ startMs, minEndpointMs, maxEndpointMs, interruptionMs, clock }),
        new Recognition(stt, clock),
        this.#conversation,
        new Synthesis(tts),
        this.#playback,
      ],
      onError: (processor, error) => {
        log.error('processor-failed', { processor, error });
        const detail = `${processor}: ${error instanceof Error ? error.name : 'error'}`;
        this.#finish({ outcome: 'failed', errorClass: 'process', errorDetail: detail });
      },
      onDrop: (processor) => {
        this.#dropped++;
        if (this.#dropped === 1) log.warn('frames-dropped', { processor });
      },
      onLeave: (frame, direction) => this.#left(frame, direction, config.budgets.turnLatencyMs),
    });
    this.#pipeline.push({ kind: 'start' });
    if (this.#goodbyeAsked) this.goodbye();
  }

  /** Frames that leave the pipeline: what the call's figures are made of. */
  #left(frame: Frame, direction: Direction, budgetMs: number): void {
    const { clock, assignment } = this.#options;
    const log = this.#log;
    if (frame.kind === 'end') return this.#finish(frame.end);
    if (direction === 'down') return;
    if (frame.kind === 'interruption') {
      this.#interruptions++;
      log.info('interrupted');
    }
    if (frame.kind !== 'playback-started') return;
    if (this.#startMs === undefined) {
      this.#startMs = Math.max(0, clock.now() - Date.parse(assignment.startedAt));
      log.info('first-audio', { latencyMs: this.#startMs });
    }
    const { latencyMs } = frame;
    if (latencyMs === undefined) return;
    if (this.#latencies.length < maxLatencies) this.#latencies.push(latencyMs);
    const slow = latencyMs > budgetMs;
    if (slow) this.#slowTurns++;
    log.info('turn-answered', { latencyMs, slow });
  }

  #farEndGone(reason: 'hung-up' | 'connection-lost'): void {
    const lost: CallEnd = {
      outcome: 'failed',
      errorClass: 'network',
      errorDetail: 'the connection to the caller was lost',
    };
    this.#finish(this.#conversation?.ending ?? (reason === 'hung-up' ? { outcome: 'abandoned' } : lost));
  }

  #result({ outcome, errorClass, errorDetail, taskSucceeded }: CallEnd): SessionResult {
    return {
      endedAt: timestampOf(this.#options.clock.now()),
      outcome,
      ...(errorClass !== undefined && { errorClass }),
      ...(errorDetail !== undefined && { errorDetail: errorDetail.slice(0, 500) }),
      taskSucceeded: taskSucceeded ?? false,
      costUsd: this.#conversation?.costUsd ?? 0,
      turns: this.#conversation?.turns ?? 0,
      slowTurns: this.#slowTurns,
      ...(this.#startMs !== undefined && { startMs: this.#startMs }),
      turnLatencyMs: this.#latencies,
      interruptions: this.#interruptions,
    };
  }
}

/** Cuts audio of any length into frames of 20 ms. */
const framing = (onFrame: (frame: Uint8Array) => void): ((audio: Uint8Array) => void) => {
  let rest = Buffer.alloc(0);
  return (audio) => {
    rest = rest.length === 0 ? Buffer.from(audio) : Buffer.concat([rest, audio]);
    for (; rest.length >= phoneFrameBytes; rest = rest.subarray(phoneFrameBytes))
      onFrame(rest.subarray(0, phoneFrameBytes));
  };
};
