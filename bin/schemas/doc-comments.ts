/** The doc comment of a declaration or of a field in it, and the fields below. */
export interface Documented {
  readonly text: string | undefined;
  readonly fields: ReadonlyMap<string, Documented>;
}

interface Entry extends Documented {
  readonly indent: number;
  readonly fields: Map<string, Entry>;
}

/** How a description begins that says nothing but what holds when the field is left out. */
export const defaultIs = 'Default: ';

const declaration = /^(?:export )?const (\w+)\b/;
const field = /^( +)'?([\w-]+)'?:(?: |$)/;
const shorthand = /^( +)(\w+),$/;

/**
 * Doc comments of the constants of a source file and of the object keys inside them, by name. Depth is read from the
 * indentation, which the formatter keeps; so this is a reader for formatted files, not a parser of the language.
 */
export const docComments = (source: string): ReadonlyMap<string, Documented> => {
  const declarations = new Map<string, Entry>();
  let open: Entry[] = [];
  let comment: string[] = [];
  let inComment = false;
  for (const line of source.split('\n')) {
    const text = line.trim();
    if (inComment || text.startsWith('/**')) {
      comment = inComment ? [...comment, text] : [text];
      inComment = !text.endsWith('*/');
      continue;
    }
    const declared = declaration.exec(line)?.[1];
    const [, spaces, key] = field.exec(line) ?? shorthand.exec(line) ?? [];
    if (declared !== undefined) {
      const entry = entryOf(0, comment);
      declarations.set(declared, entry);
      open = [entry];
    } else if (spaces !== undefined && key !== undefined) {
      const entry = entryOf(spaces.length, comment);
      open = open.filter(({ indent }) => indent < entry.indent);
      open.at(-1)?.fields.set(key, entry);
      open.push(entry);
    }
    comment = [];
  }
  return declarations;
};

const entryOf = (indent: number, comment: readonly string[]): Entry => ({
  indent,
  text: comment.length === 0 ? undefined : textOf(comment),
  fields: new Map(),
});

/** One line for people: without stars, without numbers of requirements, the default as a sentence. */
const textOf = (comment: readonly string[]): string =>
  comment
    .map((line) =>
      line
        .replace(/^\/?\*+\/?/, '')
        .replace(/\*\/$/, '')
        .trim(),
    )
    .filter((line) => line !== '')
    .join(' ')
    .replaceAll(/ \([A-Z]\d+(?:, [A-Z]\d+)*\)/g, '')
    .replace(/\.? ?@default (?:- )?/, (match) => (match.startsWith('@') ? defaultIs : `. ${defaultIs}`))
    .replace(/ @(?:param|returns|throws).*$/, '')
    .trim();
