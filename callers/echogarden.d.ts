/** The parts that we call of two packages without types, as emscripten exports them. */
declare module '@echogarden/espeak-ng-emscripten' {
  export interface ESpeakWorker {
    set_voice(name: string): number;
    set_rate(wordsPerMinute: number): void;
    get_samplerate(): number;
    /** `onChunk` gets 16-bit samples in order, and empty chunks between; it returns true to stop. */
    synthesize(text: string, onChunk: (samples: ArrayBuffer | null, events: readonly unknown[]) => boolean): void;
  }
  export interface ESpeakModule {
    readonly eSpeakNGWorker: new () => ESpeakWorker;
  }
  const load: () => Promise<ESpeakModule>;
  export default load;
}

declare module '@echogarden/speex-resampler-wasm' {
  /** Pointers are byte offsets into the heap views, which are replaced when the memory grows. */
  export interface SpeexModule {
    readonly HEAP16: Int16Array;
    readonly HEAPU32: Uint32Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _speex_resampler_init(channels: number, inRate: number, outRate: number, quality: number, error: number): number;
    _speex_resampler_skip_zeros(state: number): number;
    _speex_resampler_process_int(
      state: number,
      channel: number,
      input: number,
      inputLength: number,
      output: number,
      outputLength: number,
    ): number;
    _speex_resampler_destroy(state: number): void;
  }
  const load: () => Promise<SpeexModule>;
  export default load;
}
