import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { readToPhone } from '#core/telephony/media-stream.ts';
import { type FarEnd, transportContract } from '#runtime/transports/contract.ts';
import { transports } from '#runtime/transports/registry.ts';
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
    this.lose();
  }
  lose(): void {
    this.readyState = this.CLOSED;
    this.emit('close', 1006);
  }
}

const open = () => {
  const clock = new ManualClock();
  const socket = new FakeSocket();
  const { log, lines } = memoryLog(clock.now);
  const context = { socket: socket as unknown as WebSocket, clock, log };
  const transport = transports.open({ name: 'twilio', params: {} }, context);
  const receive = (message: unknown) =>
    socket.emit('message', Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false);
  return { clock, socket, transport, receive, lines };
};

const connect = (): FarEnd => {
  const { clock, socket, transport, receive } = open();
  return {
    transport,
    begin: (customParameters) => receive({ event: 'start', streamSid: 'MZ1', start: { customParameters } }),
    say: (audio) => receive({ event: 'media', media: { payload: Buffer.from(audio).toString('base64') } }),
    played: (name) => receive({ event: 'mark', mark: { name } }),
    hangUp: () => receive({ event: 'stop' }),
    lose: () => socket.lose(),
    babble: receive,
    wait: (ms) => clock.advance(ms),
    heard: () =>
      socket.sent.map((message) => {
        const read = readToPhone(JSON.stringify(message));
        if (read?.event === 'media') return { audio: Uint8Array.from(read.audio) };
        return read?.event === 'mark' ? { mark: read.name } : { clear: true };
      }),
  };
};

describe('Twilio Media Streams keep the contract of a transport', () => {
  transportContract(connect);
});

const setUp = () => {
  const opened = open();
  const seen: unknown[] = [];
  opened.transport.listen({
    onStart: (start) => seen.push(['start', start]),
    onAudio: (audio) => seen.push(['audio', audio.length]),
    onMark: (name) => seen.push(['mark', name]),
    onDtmf: (digit) => seen.push(['dtmf', digit]),
    onEnd: (reason) => seen.push(['end', reason]),
  });
  return { ...opened, seen };
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
