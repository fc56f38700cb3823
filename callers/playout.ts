import { mulawSilence, phoneFrameBytes } from '#core/audio/mulaw.ts';

/** Audio that an agent may send ahead of time: 10 minutes. More is a defect of the agent, as no caller would wait for it. */
const maxBufferedBytes = 10 * 60 * 1_000 * 8;

/** What the phone network plays to the caller, in real time, and the marks between. Pure. */
export interface Playout {
  /** Appends µ-law audio. @returns false when the buffer is full and the audio was not taken */
  add(audio: Uint8Array): boolean;
  mark(name: string): void;
  /** Drops what was not played yet. @returns the names of the marks in it, which the network sends back all the same */
  clear(): readonly string[];
  /** The next 20 ms: audio (undefined when there is none) and the marks reached by playing it. */
  play(): { readonly audio: Uint8Array | undefined; readonly marks: readonly string[] };
}

type Item = { readonly kind: 'audio'; readonly bytes: Uint8Array } | { readonly kind: 'mark'; readonly name: string };

export const createPlayout = (): Playout => {
  let queue: Item[] = [];
  let bufferedBytes = 0;

  /** Fills `frame` from the queue's head; marks that everything before has been played for go to `marks`. */
  const fill = (frame: Uint8Array, marks: string[]): number => {
    let filled = 0;
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      if (head.kind === 'mark') {
        marks.push(head.name);
        queue.shift();
        continue;
      }
      if (filled === frame.length) break;
      const taken = head.bytes.subarray(0, frame.length - filled);
      frame.set(taken, filled);
      filled += taken.length;
      if (taken.length === head.bytes.length) queue.shift();
      else queue[0] = { kind: 'audio', bytes: head.bytes.subarray(taken.length) };
    }
    bufferedBytes -= filled;
    return filled;
  };

  return {
    add: (audio) => {
      if (bufferedBytes + audio.length > maxBufferedBytes) return false;
      if (audio.length > 0) queue.push({ kind: 'audio', bytes: audio });
      bufferedBytes += audio.length;
      return true;
    },
    mark: (name) => {
      queue.push({ kind: 'mark', name });
    },
    clear: () => {
      const marks = queue.flatMap((item) => (item.kind === 'mark' ? [item.name] : []));
      queue = [];
      bufferedBytes = 0;
      return marks;
    },
    play: () => {
      const frame = new Uint8Array(phoneFrameBytes).fill(mulawSilence);
      const marks: string[] = [];
      const filled = fill(frame, marks);
      return { audio: filled === 0 ? undefined : frame, marks };
    },
  };
};
