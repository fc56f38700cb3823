import { WebSocket } from 'ws';
import type { Clock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { PlaceProbe } from '#core/session/place-probe.ts';
import { fromPhoneWriter, readToPhone, type StreamIdentity } from '#core/telephony/media-stream.ts';

/** One synthetic call straight to a host: it counts as good when the agent speaks, which takes every part of the release. */
export const placeProbe =
  (clock: Clock): PlaceProbe =>
  ({ address, token, sessionId, limitMs }) =>
    new Promise((resolve, reject) => {
      const dialedAt = clock.now();
      const socket = new WebSocket(`ws://${address}/calls`, {
        headers: { 'x-lastgood-session': token },
        handshakeTimeout: limitMs,
        maxPayload: 1024 * 1024,
      });
      const settle = (finish: () => void): void => {
        cancelLimit();
        socket.removeAllListeners();
        // A late failure of a call that is over is of no interest.
        socket.on('error', () => undefined);
        socket.close();
        finish();
      };
      const fail = (what: string): void =>
        settle(() => reject(new LastgoodError('pool-not-ready', `the synthetic call to ${address} failed: ${what}`)));
      const cancelLimit = clock.after(limitMs, () => {
        const error = new LastgoodError('timeout', `the agent at ${address} said nothing within ${limitMs} ms`);
        settle(() => reject(error));
      });
      socket.on('open', () => {
        const { connected, start } = fromPhoneWriter(identityOf(sessionId));
        for (const message of [connected(), start()]) socket.send(message);
      });
      socket.on('message', (data) => {
        if (readToPhone(String(data))?.event === 'media')
          settle(() => resolve({ firstAudioMs: Math.round(clock.now() - dialedAt) }));
      });
      socket.on('error', (error) => fail(error.message));
      socket.on('close', (code) => fail(`the host closed it with ${code} before the agent spoke`));
    });

const identityOf = (sessionId: string): StreamIdentity => ({
  streamSid: `MZ${sessionId}`,
  callSid: `CA${sessionId}`,
  accountSid: 'ACprobe',
  customParameters: {},
});
