import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The signature of a Twilio webhook: base64 of HMAC-SHA1, keyed by the account's auth token, over the full URL followed by
 * each form parameter's name and value in the order of the names (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
 */
export const twilioSignature = (authToken: string, url: string, form: URLSearchParams): string => {
  const names = [...new Set(form.keys())].sort();
  const parameters = names.flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value));
  return createHmac('sha1', authToken)
    .update(url + parameters.join(''), 'utf8')
    .digest('base64');
};

/** Compares in constant time. */
export const isTwilioSignature = (given: string, authToken: string, url: string, form: URLSearchParams): boolean => {
  const expected = Buffer.from(twilioSignature(authToken, url, form));
  const received = Buffer.from(given);
  return expected.length === received.length && timingSafeEqual(expected, received);
};
