export interface KeySource {
  /** HS256 key that signs customer tokens, tickets and assignments. */
  readonly sessionKey: () => Promise<Uint8Array>;
  /** Auth token of the telephony account, which signs its webhooks. */
  readonly telephonyAuthToken: () => Promise<string>;
}
