export interface ProbeCall {
  /** `ip:port` of a host's lease. */
  readonly address: string;
  /** Signed assignment. */
  readonly token: string;
  readonly sessionId: string;
  /** From the dial to the first frame of speech, in milliseconds. */
  readonly limitMs: number;
}

/** Places one call. @returns milliseconds to the first audio @throws LastgoodError `pool-not-ready`, `timeout` */
export type PlaceProbe = (call: ProbeCall) => Promise<{ readonly firstAudioMs: number }>;
