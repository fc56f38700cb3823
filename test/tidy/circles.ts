/** A directed graph: what each node points to. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Groups of nodes that reach one another, each sorted (Tarjan 1972); a node that points to itself only is none. */
export const circlesOf = (graph: Graph): readonly (readonly string[])[] => {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): void => {
    order.set(node, order.size);
    low.set(node, order.get(node) ?? 0);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
      } else if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, order.get(next) ?? 0));
    }
    if (low.get(node) !== order.get(node)) return;
    const circle = stack.splice(stack.indexOf(node));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return circles;
};

/** The graph of `nodeOf` what imports what: files, folders or rooms. */
export const graphOf = (
  sources: readonly { readonly path: string; readonly imports: readonly string[] }[],
  nodeOf: (path: string) => string,
): Graph => {
  const graph = new Map<string, Set<string>>();
  for (const { path, imports } of sources) {
    const node = nodeOf(path);
    const targets = graph.get(node) ?? new Set();
    graph.set(node, targets);
    for (const target of imports) if (nodeOf(target) !== node) targets.add(nodeOf(target));
  }
  return graph;
};
