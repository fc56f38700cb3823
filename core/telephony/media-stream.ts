import { mulawSilence, phoneFrameBytes, phoneFrameMs } from '../audio/mulaw.ts';

/**
 * Twilio Media Streams, bidirectional: JSON text messages with base64 µ-law, numbers as strings
 * (https://www.twilio.com/docs/voice/media-streams/websocket-messages). Both ends' messages stand here once, for transport and callers.
 * Readers are written by hand and tolerant of what they do not know; no schema library, because every agent process loads this.
 */

/** What the phone network sends to the agent. */
export type FromPhone =
  | { readonly event: 'connected' }
  | { readonly event: 'start'; readonly streamSid: string; readonly parameters: Readonly<Record<string, string>> }
  | { readonly event: 'media'; readonly audio: Uint8Array }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'dtmf'; readonly digit: string }
  | { readonly event: 'stop' }
  /** A message of the protocol without anything for an agent: another track, a missing field. */
  | { readonly event: 'void' };

/** What the agent sends to the phone network. */
export type ToPhone =
  | { readonly event: 'media'; readonly audio: Uint8Array }
  /** Comes back when everything before it was played, or at once when that was cleared. */
  | { readonly event: 'mark'; readonly name: string }
  /** Drops audio that is not played yet. */
  | { readonly event: 'clear' };

/** A media message holds 20 ms; larger frames are still speech, anything above this is not. */
const maxAudioBytes = 8_000;
const maxParameters = 50;
const maxParameterCharacters = 65_536;

/** @returns undefined when the protocol has no such message */
export const readFromPhone = (text: string): FromPhone | undefined => {
  const message = parseObject(text);
  switch (message?.['event']) {
    case 'connected':
    case 'stop':
      return { event: message['event'] };
    case 'start':
      return readStart(message);
    case 'media':
      return readMedia(objectOf(message['media']));
    case 'mark': {
      const { name } = objectOf(message['mark']);
      return typeof name === 'string' ? { event: 'mark', name } : { event: 'void' };
    }
    case 'dtmf': {
      const { digit } = objectOf(message['dtmf']);
      return typeof digit === 'string' && /^[0-9A-D*#]$/.test(digit) ? { event: 'dtmf', digit } : { event: 'void' };
    }
    default:
      return undefined;
  }
};

/** @returns undefined for what the phone network does not take */
export const readToPhone = (text: string): ToPhone | undefined => {
  const message = parseObject(text);
  const { payload } = objectOf(message?.['media']);
  const { name } = objectOf(message?.['mark']);
  switch (message?.['event']) {
    case 'clear':
      return { event: 'clear' };
    case 'media':
      return typeof payload === 'string' ? { event: 'media', audio: Buffer.from(payload, 'base64') } : undefined;
    case 'mark':
      return typeof name === 'string' ? { event: 'mark', name } : undefined;
    default:
      return undefined;
  }
};

/** A message of the agent as text. */
export const writeToPhone = (streamSid: string, message: ToPhone): string => {
  switch (message.event) {
    case 'media':
      return JSON.stringify({ event: 'media', streamSid, media: { payload: payloadOf(message.audio) } });
    case 'mark':
      return JSON.stringify({ event: 'mark', streamSid, mark: { name: message.name } });
    case 'clear':
      return JSON.stringify({ event: 'clear', streamSid });
  }
};

export interface StreamIdentity {
  readonly streamSid: string;
  readonly callSid: string;
  readonly accountSid: string;
  readonly customParameters: Readonly<Record<string, string>>;
}

/** Writes the phone network's messages of one stream, each with its sequence number. */
export interface FromPhoneWriter {
  readonly connected: () => string;
  readonly start: () => string;
  /** @param payload one 20 ms frame, base64 */
  readonly media: (payload: string) => string;
  readonly mark: (name: string) => string;
  readonly stop: () => string;
}

export const fromPhoneWriter = (identity: StreamIdentity): FromPhoneWriter => {
  const { streamSid, callSid, accountSid, customParameters } = identity;
  let sequence = 0;
  let chunk = 0;
  const numbered = (event: string, body: Record<string, unknown>): string =>
    JSON.stringify({ event, sequenceNumber: String(++sequence), ...body, streamSid });
  const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
  return {
    connected: () => JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
    start: () =>
      numbered('start', {
        start: { accountSid, streamSid, callSid, tracks: ['inbound'], mediaFormat, customParameters },
      }),
    // Written by hand: this is sent 50 times a second and call, and nothing in it needs escaping.
    media: (payload) => {
      const timestamp = chunk++ * phoneFrameMs;
      return (
        `{"event":"media","sequenceNumber":"${++sequence}","media":{"track":"inbound","chunk":"${chunk}",` +
        `"timestamp":"${timestamp}","payload":"${payload}"},"streamSid":"${streamSid}"}`
      );
    },
    mark: (name) => numbered('mark', { mark: { name } }),
    stop: () => numbered('stop', { stop: { accountSid, callSid } }),
  };
};

/** Cuts µ-law audio into payloads of 20 ms; the last one is filled up with silence. */
export const payloadsOf = (mulaw: Uint8Array): readonly string[] =>
  Array.from({ length: Math.ceil(mulaw.length / phoneFrameBytes) }, (_, index) => {
    const frame = new Uint8Array(phoneFrameBytes).fill(mulawSilence);
    frame.set(mulaw.subarray(index * phoneFrameBytes, (index + 1) * phoneFrameBytes));
    return payloadOf(frame);
  });

const payloadOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** 20 ms of silence. */
export const silentPayload = payloadOf(new Uint8Array(phoneFrameBytes).fill(mulawSilence));

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

const parseObject = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const readStart = (message: JsonObject): FromPhone => {
  const start = objectOf(message['start']);
  const streamSid = String(message['streamSid'] ?? start['streamSid'] ?? 'stream');
  const given = Object.entries(objectOf(start['customParameters'])).slice(0, maxParameters);
  const parameters = given.filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= maxParameterCharacters,
  );
  return { event: 'start', streamSid, parameters: Object.fromEntries(parameters) };
};

const readMedia = ({ payload, track }: JsonObject): FromPhone => {
  if (typeof payload !== 'string' || (track !== undefined && track !== 'inbound')) return { event: 'void' };
  const audio = Buffer.from(payload, 'base64');
  return audio.length > 0 && audio.length <= maxAudioBytes ? { event: 'media', audio } : { event: 'void' };
};
