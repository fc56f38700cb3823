import cliProgress from 'cli-progress';

/** How progress is shown, and how it ends before the result is printed. */
export interface ProgressDisplay {
  /** `done` and `total` are in any one unit. */
  progress(done: number, total: number, label?: string): void;
  stop(): void;
}

const barDisplay = (name: string, stream: NodeJS.WriteStream): ProgressDisplay => {
  const bar = new cliProgress.SingleBar(
    { format: `${name} {bar} {percentage}% {label}`, hideCursor: true, stream, clearOnComplete: true },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    progress: (done, total, label = '') => {
      if (!started) bar.start(total, done, { label });
      else {
        bar.setTotal(total);
        bar.update(done, { label });
      }
      started = true;
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
};

/** Plain lines, at most one per tenth of the way and label, so that a log stays readable. */
const lineDisplay = (name: string, stream: NodeJS.WritableStream): ProgressDisplay => {
  let last = '';
  return {
    progress: (done, total, label = '') => {
      const tenth = total > 0 ? Math.floor((done / total) * 10) * 10 : 0;
      const line = `${name} ${tenth}%${label === '' ? '' : ` ${label}`}`;
      if (line !== last) stream.write(`${line}\n`);
      last = line;
    },
    stop: () => {},
  };
};

/** A bar where `stream` is a terminal, plain lines elsewhere. Progress never goes to stdout: that is the result's. */
export const progressDisplay = (name: string, stream: NodeJS.WriteStream): ProgressDisplay =>
  stream.isTTY ? barDisplay(name, stream) : lineDisplay(name, stream);
