import type { Tool } from '#core/release/tool.ts';
import { listed, pointsIn } from './parcels/pickup-points.ts';

export const tool: Tool<{ area: string }> = {
  name: 'find_pickup_points',
  description: 'Finds the pickup points in a part of town.',
  parameters: {
    type: 'object',
    properties: { area: { type: 'string', description: 'for instance harbor, old town', minLength: 1, maxLength: 60 } },
    required: ['area'],
    additionalProperties: false,
  },
  permissions: ['pickup-points:read'],
  outcomes: ['found', 'none'],
  run: ({ area }, { memory }) => {
    const points = pointsIn(area);
    if (points.length === 0) return { outcome: 'none', area };
    memory.set('points', points);
    return { outcome: 'found', points: listed(points) };
  },
};
