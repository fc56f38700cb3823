import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { TwilioTransport } from '#runtime/transports/twilio/transport.ts';
import { memoryLog } from '../support/fakes.ts';
import { ManualClock } from '#memory/manual-clock.ts';

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSED = 3;
  readyState = 1;
  terminated = false;
  readonly sent: Record<string, unknown>[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {}
  terminate(): void {
    this.terminated = true;
    this.emit('close', 1006);
  }
}

const setUp = () => {
  const clock = new ManualClock();
  const socket = new FakeSocket();
  const { log, lines } = memoryLog(clock.now);
  const transport = new TwilioTransport({ socket: socket as unknown as WebSocket, clock, log });
  const seen: unknown[] = [];
  transport.listen({
    onStart: (start) => seen.push(['start', start]),
    onAudio: (audio) => seen.push(['audio', audio.length]),
    onMark: (name) => seen.push(['mark', name]),
    onDtmf: (digit) => seen.push(['dtmf', digit]),
    onEnd: (reason) => seen.push(['end', reason]),
  });
  const receive = (message: unknown) =>
    socket.emit('message', Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false);
  return { clock, socket, transport, seen, receive, lines };
};

const start = {
  event: 'start',
  sequenceNumber: '1',
  streamSid: 'MZ1',
  start: { streamSid: 'MZ1', customParameters: { script: '[]', odd: 1 } },
};

describe('Twilio Media Streams', () => {
  test('reads the messages of a call', () => {
    const { receive, seen } = setUp();
    receive({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    receive(start);
    receive({
      event: 'media',
      streamSid: 'MZ1',
      media: { track: 'inbound', chunk: '1', timestamp: '5', payload: Buffer.alloc(160).toString('base64') },
    });
    receive({ event: 'media', streamSid: 'MZ1', media: { track: 'outbound', payload: 'AAAA' } });
    receive({ event: 'dtmf', dtmf: { track: 'inbound_track', digit: '5' } });
    receive({ event: 'stop', stop: { callSid: 'CA1' } });
    expect(seen).toEqual([
      ['start', { streamId: 'MZ1', parameters: { script: '[]' } }],
      ['audio', 160],
      ['dtmf', '5'],
      ['end', 'hung-up'],
    ]);
  });

  test('writes media, marks and clear with the stream s id', () => {
    const { receive, transport, socket } = setUp();
    receive(start);
    transport.sendAudio(new Uint8Array([1, 2, 3]));
    transport.sendMark('1.0');
    transport.clear();
    expect(socket.sent).toEqual([
      { event: 'media', streamSid: 'MZ1', media: { payload: 'AQID' } },
      { event: 'mark', streamSid: 'MZ1', mark: { name: '1.0' } },
      { event: 'clear', streamSid: 'MZ1' },
    ]);
  });

  test('marks prove playback only when they were sent and not cleared', () => {
    const { receive, transport, seen } = setUp();
    receive(start);
    transport.sendMark('heard');
    transport.sendMark('cleared');
    receive({ event: 'mark', mark: { name: 'heard' } });
    receive({ event: 'mark', mark: { name: 'heard' } });
    transport.clear();
    receive({ event: 'mark', mark: { name: 'cleared' } });
    receive({ event: 'mark', mark: { name: 'invented' } });
    expect(seen.slice(1)).toEqual([['mark', 'heard']]);
  });

  test.each([
    [1000, 'hung-up'],
    [1001, 'hung-up'],
    [1006, 'connection-lost'],
  ])('a socket that closes with %i has %s', (code, reason) => {
    const { socket, seen } = setUp();
    socket.emit('close', code);
    socket.emit('close', code);
    expect(seen).toEqual([['end', reason]]);
  });

  test('invariant 11: a far end that does not answer the close is cut off', async () => {
    const { transport, clock, socket } = setUp();
    const closed = transport.close('completed');
    await clock.advance(1_000);
    await closed;
    expect(socket.terminated).toBe(true);
  });

  test('whatever comes, nothing is thrown and the log stays short', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.json(),
            fc.constantFrom('start', 'media', 'mark', 'dtmf').map((event) => JSON.stringify({ event })),
          ),
          { maxLength: 30 },
        ),
        (messages) => {
          const { receive, lines } = setUp();
          for (const message of messages) receive(message);
          expect(lines.length).toBeLessThanOrEqual(5);
        },
      ),
    );
  });
});
