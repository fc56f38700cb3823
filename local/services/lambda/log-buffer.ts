import { type Scope, scopeKey } from '../../http/scope.ts';

export interface LogLine {
  readonly at: number;
  readonly line: string;
}

/** Lines kept per function: enough to see why the last invocations failed. */
const maxLines = 1_000;

/** The newest log lines of every function. */
export class LogBuffer {
  readonly #buffers = new Map<string, LogLine[]>();

  add(scope: Scope, name: string, line: LogLine): void {
    const lines = this.#of(scope, name);
    lines.push(line);
    if (lines.length > maxLines) lines.splice(0, lines.length - maxLines);
  }

  read(scope: Scope, name: string): readonly LogLine[] {
    return this.#of(scope, name);
  }

  #of(scope: Scope, name: string): LogLine[] {
    const key = `${scopeKey(scope)} ${name}`;
    const lines = this.#buffers.get(key) ?? [];
    this.#buffers.set(key, lines);
    return lines;
  }
}
