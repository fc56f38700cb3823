import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromPhoneWriter,
  payloadsOf,
  readFromPhone,
  readToPhone,
  silentPayload,
  type ToPhone,
  writeToPhone,
} from '#core/telephony/media-stream.ts';

const writer = () =>
  fromPhoneWriter({ streamSid: 'MZ1', callSid: 'CA1', accountSid: 'AC1', customParameters: { script: '["one"]' } });

describe('what the phone network sends', () => {
  test('reads as it was written', () => {
    const phone = writer();
    const written = [phone.connected(), phone.start(), phone.media(silentPayload), phone.mark('1.0'), phone.stop()];
    expect(written.map(readFromPhone)).toEqual([
      { event: 'connected' },
      { event: 'start', streamSid: 'MZ1', parameters: { script: '["one"]' } },
      { event: 'media', audio: Buffer.alloc(160, 0xff) },
      { event: 'mark', name: '1.0' },
      { event: 'stop' },
    ]);
  });

  test('is numbered, and its audio carries its place in the call, as on the real wire', () => {
    const phone = writer();
    phone.start();
    phone.media('AAAA');
    expect(JSON.parse(phone.media('AAAA'))).toEqual({
      event: 'media',
      sequenceNumber: '3',
      media: { track: 'inbound', chunk: '2', timestamp: '20', payload: 'AAAA' },
      streamSid: 'MZ1',
    });
  });

  test.each([
    ['audio of another track', { event: 'media', media: { track: 'outbound', payload: 'AAAA' } }],
    ['audio without a payload', { event: 'media' }],
    ['audio that is too long', { event: 'media', media: { payload: Buffer.alloc(8_001).toString('base64') } }],
    ['a mark without a name', { event: 'mark', mark: {} }],
    ['a digit that no phone has', { event: 'dtmf', dtmf: { digit: 'x' } }],
  ])('holds nothing for an agent: %s', (_, message) => {
    expect(readFromPhone(JSON.stringify(message))).toEqual({ event: 'void' });
  });

  test('parameters that are no text or too long are left out', () => {
    const customParameters = { a: 'kept', b: 1, c: 'x'.repeat(65_537) };
    const text = JSON.stringify({ event: 'start', start: { streamSid: 'MZ2', customParameters } });
    expect(readFromPhone(text)).toEqual({ event: 'start', streamSid: 'MZ2', parameters: { a: 'kept' } });
  });
});

describe('what an agent sends', () => {
  test('reads as it was written', () => {
    const message = fc.oneof(
      fc.uint8Array().map((audio): ToPhone => ({ event: 'media', audio: Buffer.from(audio) })),
      fc.string().map((name): ToPhone => ({ event: 'mark', name })),
      fc.constant<ToPhone>({ event: 'clear' }),
    );
    fc.assert(
      fc.property(message, (sent) => {
        expect(readToPhone(writeToPhone('MZ1', sent))).toEqual(sent);
      }),
    );
  });

  test.each(['{"event":"media"}', '{"event":"mark","mark":{"name":1}}', '{"event":"sing"}', 'clear', '[]'])(
    'is nothing that the network takes: %s',
    (text) => expect(readToPhone(text)).toBeUndefined(),
  );
});

test('whatever comes on the wire, neither end throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      readFromPhone(text);
      readToPhone(text);
    }),
  );
});

test('frames are 160 bytes each and hold the audio in order, filled up with silence', () => {
  const audio = Uint8Array.from({ length: 400 }, (_, i) => i % 255);
  const frames = payloadsOf(audio).map((frame) => Buffer.from(frame, 'base64'));
  expect(frames.map((frame) => frame.length)).toEqual([160, 160, 160]);
  expect(Array.from(Buffer.concat(frames))).toEqual([...audio, ...Array.from({ length: 80 }, () => 0xff)]);
});
