/** Where a parcel is; each is a node of the flow. */
export type Place = 'on_the_way' | 'held' | 'delivered';

export interface Parcel {
  readonly number: string;
  readonly place: Place;
  /** On the way: days until it arrives. Held: days that it has waited. Delivered: days since then. */
  readonly days: number;
}

/** The key under which the tools of a session keep the parcel that it is about. */
export const currentParcel = 'parcel';

const places: readonly Place[] = [
  'on_the_way',
  'on_the_way',
  'on_the_way',
  'on_the_way',
  'held',
  'held',
  'delivered',
  'delivered',
  'delivered',
];

/**
 * Looks a parcel up. The example has no real tracking behind it: the last digit of the number says where the parcel is,
 * the one before it since when or for how long; a number that ends in 9 does not exist.
 */
export const findParcel = (written: string): Parcel | undefined => {
  const number = written.trim().toUpperCase();
  const [, tens, last] = /^PD\d{4}(\d)(\d)$/.exec(number) ?? [];
  const place = places[Number(last)];
  return place === undefined ? undefined : { number, place, days: Number(tens) % 5 };
};

/** What `memory` holds, when it is a parcel. */
export const asParcel = (kept: unknown): Parcel | undefined =>
  typeof kept === 'object' && kept !== null && 'number' in kept && 'place' in kept && 'days' in kept
    ? (kept as Parcel)
    : undefined;
