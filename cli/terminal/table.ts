import Table from 'cli-table3';

type TableOptions = Omit<NonNullable<ConstructorParameters<typeof Table>[0]>, 'head' | 'style'>;

/** A table without colours, so that a log and a terminal show the same. No heads: rows of name and value. */
export const plainTable = (head: readonly string[] = [], options: TableOptions = {}): Table.Table =>
  new Table({ ...options, head: [...head], style: { head: [], border: [] } });
