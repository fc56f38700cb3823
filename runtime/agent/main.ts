import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { flushCompileCache } from 'node:module';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SessionResult } from '#core/session/session-record.ts';
import { systemClock, timestampOf } from '#core/clock.ts';
import { createLog } from '../log.ts';
import { transports } from '../transports/registry.ts';
import { Call } from './call.ts';
import {
  type AgentSetup,
  type FromAgent,
  type PreparedRelease,
  releaseFiles,
  type SessionConfig,
  type ToAgent,
} from './ipc.ts';
import { Toolbox } from './toolbox.ts';

/** The start message carries the call's parameters; everything else is far smaller. */
const maxMessageBytes = 131_072;

/** One agent process: loads the release, reports ready, carries one call, exits. Its host is its only contact. */
const setup = JSON.parse(process.argv[2] ?? '{}') as AgentSetup;
const release = JSON.parse(readFileSync(join(setup.folder, releaseFiles.release), 'utf8')) as PreparedRelease;
const clock = systemClock;
let log = createLog({ component: 'agent', org: setup.org, now: clock.now }, { agentVersion: release.releaseId });

// Tools may print; a line that is not JSON would break every reader of the log.
for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  console[level] = (...values: unknown[]) =>
    log.info('console', { redactable: { text: values.map(String).join(' ').slice(0, 1_000) } });
}
process.on('uncaughtException', (error) => {
  log.error('agent-crashed', { error });
  process.exit(1);
});
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; when to leave is the host's decision.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

const toolbox = await Toolbox.load(release, setup.folder, clock);
const server = new WebSocketServer({
  noServer: true,
  maxPayload: maxMessageBytes,
  perMessageDeflate: false,
  clientTracking: false,
});
const configured = Promise.withResolvers<SessionConfig>();
let call: Call | undefined;

const send = (message: FromAgent, then?: () => void): void => {
  process.send?.(message, undefined, {}, () => then?.());
};

/** The edge was gone before its socket arrived here, or its request was no handshake. */
const neverConnected = (): SessionResult => ({
  endedAt: timestampOf(clock.now()),
  outcome: 'failed',
  errorClass: 'network',
  errorDetail: 'the connection was lost before the call began',
  costUsd: 0,
  turns: 0,
  slowTurns: 0,
});

const leave = (): void => process.exit(0);

const carry = async (webSocket: WebSocket, { assignment }: Extract<ToAgent, { type: 'call' }>): Promise<void> => {
  const transport = transports.open({ name: 'twilio', params: {} }, { socket: webSocket, clock, log });
  const { maxSessionSeconds } = setup;
  call = new Call({
    transport,
    assignment,
    release,
    toolbox,
    clock,
    log,
    maxSessionSeconds,
    config: configured.promise,
  });
  const finished = await call.run();
  send({ type: 'result', ...finished }, leave);
};

process.on('message', (message: ToAgent, socket: Socket | undefined) => {
  switch (message.type) {
    case 'lease':
      return send({ type: 'leased', nonce: message.nonce });
    case 'start':
      return configured.resolve(message.config);
    case 'goodbye':
      return call?.goodbye();
    case 'drop':
      return leave();
    case 'call': {
      const { traceId, sessionId, customerId } = message.assignment;
      log = log.with({ traceId, sessionId, customerId });
      if (socket) {
        socket.setNoDelay(true);
        const request = message.request as unknown as IncomingMessage;
        const head = Buffer.from(message.head, 'base64');
        server.handleUpgrade(request, socket, head, (webSocket) => void carry(webSocket, message));
      }
      if (!call) send({ type: 'result', result: neverConnected(), transcript: '' }, leave);
    }
  }
});

send({ type: 'ready' });
flushCompileCache();
