import { type Frame, isSystemFrame, isVoidedByInterruption } from './frame.ts';

/** Data frames that may wait at one processor; 20 seconds of audio. */
const maxQueued = 1_000;

/** Where a processor puts frames: down to the transport's output, up to its input. */
export interface Output {
  readonly down: (frame: Frame) => void;
  readonly up: (frame: Frame) => void;
}

export type Direction = 'down' | 'up';

/** One step of a pipeline. It sees every frame that passes, and passes on what it does not use itself. */
export interface Processor {
  readonly name: string;
  /**
   * Handles one frame. Data frames come one at a time: the next waits until the promise settles. System frames come at once.
   * Frames are passed on only by `output`.
   */
  readonly handle: (frame: Frame, direction: Direction, output: Output) => void | Promise<void>;
  /** Stops work under way and lets go of resources. */
  readonly close?: () => void;
}

export interface PipelineOptions {
  readonly processors: readonly Processor[];
  /** A processor threw; the call goes on only if the receiver lets it. */
  readonly onError: (processor: string, error: unknown) => void;
  /** A frame was dropped because a queue was full. */
  readonly onDrop: (processor: string, frame: Frame) => void;
  /** Frames that leave at the top or the bottom, for monitoring. @default - they end there */
  readonly onLeave?: (frame: Frame, direction: Direction) => void;
}

interface Station {
  readonly processor: Processor;
  readonly output: Output;
  queue: { readonly frame: Frame; readonly direction: Direction }[];
  busy: boolean;
}

/** Processors in a row with a bounded queue before each. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #stations: readonly Station[];
  #closed = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#stations = options.processors.map((processor, index) => ({
      processor,
      queue: [],
      busy: false,
      output: {
        down: (frame) => this.#send(index + 1, frame, 'down'),
        up: (frame) => this.#send(index - 1, frame, 'up'),
      },
    }));
  }

  /** Puts a frame in at the top. */
  push(frame: Frame): void {
    this.#send(0, frame, 'down');
  }

  close(): void {
    this.#closed = true;
    for (const station of this.#stations) {
      station.queue = [];
      station.processor.close?.();
    }
  }

  #send(index: number, frame: Frame, direction: Direction): void {
    if (this.#closed) return;
    const station = this.#stations[index];
    if (!station) return this.#options.onLeave?.(frame, direction);
    if (isSystemFrame(frame)) {
      if (frame.kind === 'interruption')
        station.queue = station.queue.filter((entry) => !isVoidedByInterruption(entry.frame));
      void this.#handle(station, frame, direction);
      return;
    }
    if (station.queue.length >= maxQueued) return this.#options.onDrop(station.processor.name, frame);
    station.queue.push({ frame, direction });
    if (!station.busy) void this.#work(station);
  }

  async #work(station: Station): Promise<void> {
    station.busy = true;
    for (let entry = station.queue.shift(); entry; entry = station.queue.shift()) {
      const handled = this.#handle(station, entry.frame, entry.direction);
      // Most frames are handled at once; waiting for them anyway would cost a turn of the event loop each.
      if (handled) await handled;
    }
    station.busy = false;
  }

  #handle({ processor, output }: Station, frame: Frame, direction: Direction): Promise<void> | undefined {
    try {
      const result = processor.handle(frame, direction, output);
      return result?.catch((error: unknown) => this.#options.onError(processor.name, error));
    } catch (error) {
      this.#options.onError(processor.name, error);
      return undefined;
    }
  }
}

/** Passes a frame on in its direction. */
export const pass = (frame: Frame, direction: Direction, output: Output): void => output[direction](frame);
