import { AwsError } from './aws-error.ts';

/** One page of a list, and the token of the next one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/**
 * Cuts a page out of a list. The token is the position of the next item, so it is good for as long as the list only
 * grows at its end.
 * @throws AwsError `invalidToken` for a token that this list never gave
 */
export const pageOf = <T>(
  items: readonly T[],
  {
    limit,
    token,
    invalidToken,
  }: { readonly limit: number; readonly token: string | undefined; readonly invalidToken: string },
): Page<T> => {
  const start = token === undefined ? 0 : Number(/^\d{1,9}$/.exec(token)?.[0]);
  if (!(start <= items.length) || (token !== undefined && start === 0))
    throw new AwsError(invalidToken, `${token} is no token of this list; pass the one of the page before, or none`);
  const end = start + limit;
  return { items: items.slice(start, end), next: end < items.length ? String(end) : undefined };
};
