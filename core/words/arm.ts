import { z } from 'zod';

export const WeightPercent = z.number().min(0).max(100);

export const Arm = z.enum(['stable', 'candidate']);
export type Arm = z.infer<typeof Arm>;
