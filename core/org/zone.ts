import { z } from 'zod';

/**
 * Residency zones and the regions that belong to them. The US and EU lists hold the regions where
 * DynamoDB offers multi-region strong consistency, so a zone can grow a witness without leaving itself.
 */
export const zones = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  eu: ['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1'],
  ap: ['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
} as const satisfies Record<string, readonly string[]>;

/** The regions that an org's data may be in. */
export const Zone = z.enum(['us', 'eu', 'ap']);
export type Zone = z.infer<typeof Zone>;

/** True when `region` belongs to `zone`. */
export const isInZone = (zone: Zone, region: string): boolean => zones[zone].some((known) => known === region);
