import { styleText } from 'node:util';

/** What the tour says. A terminal gets colours and one line that renews itself; a log gets plain lines. */
export interface Screen {
  heading(text: string): void;
  line(text: string): void;
  good(text: string): void;
  bad(text: string): void;
  /** Text that others wrote, indented: a diff, a table. */
  block(text: string): void;
  /**
   * The state of something that is under way; replaced by the next line on a terminal, and only said when new elsewhere.
   * @param detail how far it is, for a terminal only: elsewhere every step of it would be a line
   */
  status(text: string, detail?: string): void;
}

const maxBlockLines = 60;

export const createScreen = (out: NodeJS.WriteStream): Screen => {
  const isTerminal = out.isTTY;
  let shown = '';
  let said = '';
  const clear = (): void => {
    if (isTerminal && shown !== '') out.write('\r\u001b[2K');
    shown = '';
  };
  const write = (text: string): void => {
    clear();
    out.write(`${text}\n`);
  };
  const paint = (format: Parameters<typeof styleText>[0], text: string): string =>
    isTerminal ? styleText(format, text) : text;
  return {
    heading: (text) => write(`\n${paint('bold', text)}`),
    line: (text) => write(`  ${text}`),
    good: (text) => write(`  ${paint('green', '✓')} ${text}`),
    bad: (text) => write(`  ${paint('red', '✗')} ${text}`),
    block: (text) => {
      const lines = text.split('\n');
      const kept = lines.slice(0, maxBlockLines);
      write(kept.map((line) => `    ${line}`).join('\n'));
      if (lines.length > kept.length) write(`    … ${lines.length - kept.length} more lines`);
    },
    status: (text, detail) => {
      if (isTerminal) {
        clear();
        shown = [text, detail ?? '']
          .join(' ')
          .trimEnd()
          .slice(0, Math.max(20, out.columns - 3));
        out.write(`  ${paint('dim', shown)}`);
      } else if (text !== said) write(`  ${text}`);
      said = text;
    },
  };
};
