import type { Tool } from '#core/release/tool.ts';
import { writtenDay } from './parcels/days.ts';
import { asParcel, currentParcel } from './parcels/parcels.ts';
import { chosenPoint, listed } from './parcels/pickup-points.ts';

export const tool: Tool<{ choice: string }> = {
  name: 'redirect_parcel',
  description: 'Sends the parcel to one of the pickup points that were offered. Give the choice as it was written.',
  parameters: {
    type: 'object',
    properties: {
      choice: { type: 'string', description: 'for instance bakery, the first', minLength: 1, maxLength: 60 },
    },
    required: ['choice'],
    additionalProperties: false,
  },
  permissions: ['parcels:read', 'parcels:redirect'],
  outcomes: ['redirected', 'unclear'],
  run: ({ choice }, { now, memory }) => {
    const parcel = asParcel(memory.get(currentParcel));
    const offered = memory.get('points');
    const points = Array.isArray(offered) ? offered.map(String) : [];
    const point = chosenPoint(choice, points);
    if (!parcel || point === undefined) return { outcome: 'unclear', points: listed(points) };
    return { outcome: 'redirected', number: parcel.number, point, day: writtenDay(now(), 2) };
  },
};
