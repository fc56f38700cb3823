import { mulawSilence, phoneFrameBytes } from '#core/audio/mulaw.ts';
import { frameMs } from './pace.ts';

/** The phone network's side of Twilio Media Streams: https://www.twilio.com/docs/voice/media-streams/websocket-messages */

export interface StreamIdentity {
  readonly streamSid: string;
  readonly callSid: string;
  readonly accountSid: string;
  readonly customParameters: Readonly<Record<string, string>>;
}

/** Writes the messages of one stream, each with its sequence number. Numbers are strings on this wire. */
export interface StreamWriter {
  connected(): string;
  start(): string;
  /** One 20 ms frame, base64. */
  media(payload: string): string;
  mark(name: string): string;
  stop(): string;
}

export const silentFrame = Buffer.alloc(phoneFrameBytes, mulawSilence).toString('base64');

export const streamWriter = ({ streamSid, callSid, accountSid, customParameters }: StreamIdentity): StreamWriter => {
  let sequence = 0;
  let chunk = 0;
  const numbered = (event: string, body: Record<string, unknown>): string =>
    JSON.stringify({ event, sequenceNumber: String(++sequence), ...body, streamSid });
  return {
    connected: () => JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
    start: () =>
      numbered('start', {
        start: {
          accountSid,
          streamSid,
          callSid,
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters,
        },
      }),
    // Written by hand: this is sent 50 times a second and call, and nothing in it needs escaping.
    media: (payload) => {
      const timestamp = chunk++ * frameMs;
      return (
        `{"event":"media","sequenceNumber":"${++sequence}","media":{"track":"inbound","chunk":"${chunk}",` +
        `"timestamp":"${timestamp}","payload":"${payload}"},"streamSid":"${streamSid}"}`
      );
    },
    mark: (name) => numbered('mark', { mark: { name } }),
    stop: () => numbered('stop', { stop: { accountSid, callSid } }),
  };
};

/** What an agent sends. */
export type AgentMessage =
  | { readonly event: 'media'; readonly audio: Uint8Array }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'clear' }
  | { readonly event: 'problem'; readonly text: string };

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Reads an agent's message; what the protocol does not have is a `problem`, which the call reports. */
export const readAgentMessage = (text: string): AgentMessage => {
  const message = parseJson(text);
  const event = field(message, 'event');
  if (event === 'clear') return { event };
  if (event === 'media') {
    const payload = field(field(message, 'media'), 'payload');
    if (typeof payload === 'string') return { event, audio: Buffer.from(payload, 'base64') };
  }
  if (event === 'mark') {
    const name = field(field(message, 'mark'), 'name');
    if (typeof name === 'string') return { event, name };
  }
  return { event: 'problem', text: `the agent sent what the phone network does not take: ${text.slice(0, 120)}` };
};
