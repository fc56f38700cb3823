import { LastgoodError } from '#core/errors.ts';
import type { zones } from '#core/org/zone.ts';

type Region = (typeof zones)[keyof typeof zones][number];

/** Two per region; new accounts of Tokyo have no zone `b`. */
const letters: Record<Region, readonly [string, string]> = {
  'us-east-1': ['a', 'b'],
  'us-east-2': ['a', 'b'],
  'us-west-2': ['a', 'b'],
  'eu-west-1': ['a', 'b'],
  'eu-west-2': ['a', 'b'],
  'eu-west-3': ['a', 'b'],
  'eu-central-1': ['a', 'b'],
  'ap-northeast-1': ['a', 'c'],
  'ap-northeast-2': ['a', 'c'],
  'ap-northeast-3': ['a', 'b'],
};

const isRegion = (region: string): region is Region => region in letters;

/** @throws LastgoodError `outside-zone` for a region that belongs to no residency zone */
export const availabilityZones = (region: string): readonly [string, string] => {
  if (!isRegion(region)) {
    throw new LastgoodError(
      'outside-zone',
      `Region ${region} belongs to no residency zone; allowed: ${Object.keys(letters).join(', ')}.`,
    );
  }
  const [first, second] = letters[region];
  return [`${region}${first}`, `${region}${second}`];
};
