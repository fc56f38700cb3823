import { describe, expect, test } from 'vitest';
import { isTwilioSignature, twilioSignature } from '#runtime/edge/twilio-signature.ts';

describe('the signature of a telephony webhook', () => {
  // The example of https://www.twilio.com/docs/usage/security#validating-requests
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const form = new URLSearchParams({
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675309',
    Digits: '1234',
    From: '+14158675309',
    To: '+18005551212',
  });

  test('is the one of the published example', () => {
    expect(twilioSignature('12345', url, form)).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=');
  });

  test('does not depend on the order of the parameters', () => {
    const reversed = new URLSearchParams([...form].toReversed());
    expect(twilioSignature('12345', url, reversed)).toBe(twilioSignature('12345', url, form));
  });

  test.each([
    ['another URL', '12345', `${url}&x=1`, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ['another token', '12346', url, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ['a signature of another length', '12345', url, 'RSOY'],
    ['an empty signature', '12345', url, ''],
  ])('refuses %s', (_, token, given, signature) => {
    expect(isTwilioSignature(signature, token, given, form)).toBe(false);
  });
});
