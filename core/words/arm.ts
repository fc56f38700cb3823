import { z } from 'zod';

export const WeightPercent = z.number().min(0).max(100);

/** Share of new callers on last-good; with more than half of them it would be no holdback. */
export const HoldbackPercent = WeightPercent.max(50, 'must be at most 50: more than half is no holdback');

/** Where a caller was sent. `holdback`: a caller who stays on last-good after a promotion. */
export const Arm = z.enum(['stable', 'candidate', 'holdback']);
export type Arm = z.infer<typeof Arm>;

/**
 * The two sides of a test: `candidate` is the release in question, `stable` what it is compared with. After a promotion the new
 * stable release is in question, and the holdback is what it is compared with.
 */
export const TestArm = z.enum(['stable', 'candidate']);
export type TestArm = z.infer<typeof TestArm>;
