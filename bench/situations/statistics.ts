/** The lower median. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const ninetieth = (values: readonly number[]): number => quantile(values, 0.9);

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) * part)] ?? Infinity;

/** In percent. */
export const share = <T>(outcomes: readonly T[], holds: (outcome: T) => boolean): number =>
  (100 * outcomes.filter(holds).length) / outcomes.length;
