import { WebSocket } from 'ws';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import type { PlaceProbe } from '#core/session/place-probe.ts';

const Message = z.looseObject({ event: z.string() });

const eventOf = (text: string): string | undefined => {
  try {
    return Message.safeParse(JSON.parse(text)).data?.event;
  } catch {
    return undefined;
  }
};

/** The frames a phone call begins with (Twilio Media Streams), and 20 ms of µ-law silence as its audio. */
const openingFrames = (sessionId: string): readonly string[] => {
  const streamSid = `MZ${sessionId}`;
  const start = {
    streamSid,
    accountSid: 'ACprobe',
    callSid: `CA${sessionId}`,
    tracks: ['inbound'],
    customParameters: {},
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
  };
  return [
    JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
    JSON.stringify({ event: 'start', sequenceNumber: '1', streamSid, start }),
  ];
};

/** One synthetic call straight to a host: it counts as good when the agent speaks, which takes every part of the release. */
export const placeProbe: PlaceProbe = ({ address, token, sessionId, limitMs }) =>
  new Promise((resolve, reject) => {
    const dialedAt = performance.now();
    const socket = new WebSocket(`ws://${address}/calls`, {
      headers: { 'x-lastgood-session': token },
      handshakeTimeout: limitMs,
      maxPayload: 1024 * 1024,
    });
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      // A late failure of a call that is over is of no interest.
      socket.on('error', () => undefined);
      socket.close();
      finish();
    };
    const fail = (what: string): void =>
      settle(() => reject(new LastgoodError('pool-not-ready', `the synthetic call to ${address} failed: ${what}`)));
    const timer = setTimeout(() => {
      const error = new LastgoodError('timeout', `the agent at ${address} said nothing within ${limitMs} ms`);
      settle(() => reject(error));
    }, limitMs);
    socket.on('open', () => {
      for (const frame of openingFrames(sessionId)) socket.send(frame);
    });
    socket.on('message', (data) => {
      if (eventOf(String(data)) === 'media')
        settle(() => resolve({ firstAudioMs: Math.round(performance.now() - dialedAt) }));
    });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', (code) => fail(`the host closed it with ${code} before the agent spoke`));
  });
