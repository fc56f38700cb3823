import type { Tool } from '#core/release/tool.ts';
import { writtenDay } from './parcels/days.ts';
import { currentParcel, findParcel } from './parcels/parcels.ts';

export const tool: Tool<{ number: string }> = {
  name: 'track_parcel',
  description: 'Looks a parcel up by its number and says where it is.',
  parameters: {
    type: 'object',
    properties: {
      number: { type: 'string', description: 'as it was written, for instance PD204811', minLength: 1, maxLength: 40 },
    },
    required: ['number'],
    additionalProperties: false,
  },
  permissions: ['parcels:read'],
  run: ({ number }, { now, memory, businessRules }) => {
    const parcel = findParcel(number);
    if (!parcel) return { outcome: 'unknown_number', number };
    memory.set(currentParcel, parcel);
    const { place, days } = parcel;
    const found = { outcome: 'found', next_node: place, number: parcel.number };
    if (place === 'on_the_way') return { ...found, day: writtenDay(now(), 1 + days) };
    const holdDays = Number(businessRules['holdDays'] ?? 7);
    if (place === 'held') return { ...found, day: writtenDay(now(), Math.max(0, holdDays - days)) };
    return { ...found, place: 'at the front door', day: writtenDay(now(), -days) };
  },
};
