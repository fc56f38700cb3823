import type { Tool } from '#core/release/tool.ts';
import { spokenTimes } from './clinic/days.ts';

interface Offer {
  readonly day: string;
  readonly free: readonly string[];
}

const positions: Readonly<Record<string, number>> = { first: 0, second: 1, third: 2, last: -1 };

/** "the first", "ten thirty": the offered time that the words mean. */
const timeOf = (words: string, free: readonly string[]): string | undefined => {
  const time = words.trim().toLowerCase().replace('ten thirty', 'half past ten');
  const position = positions[time];
  return position === undefined ? free.find((offered) => offered === time) : free.at(position);
};

export const tool: Tool<{ time: string }> = {
  name: 'book_appointment',
  description: 'Books one of the times that were offered. Give the time as the caller said it.',
  parameters: {
    type: 'object',
    properties: {
      time: { type: 'string', description: 'for instance nine, half past ten, the first', minLength: 1, maxLength: 60 },
    },
    required: ['time'],
    additionalProperties: false,
  },
  permissions: ['calendar:read', 'calendar:write'],
  outcomes: ['booked', 'unavailable'],
  run: ({ time }, { memory }) => {
    const offer = memory.get('offer') as Offer | undefined;
    if (!offer) return { outcome: 'unavailable', times: 'nothing yet' };
    const chosen = timeOf(time, offer.free);
    if (chosen === undefined) return { outcome: 'unavailable', times: spokenTimes(offer.free) };
    memory.set('booked', { day: offer.day, time: chosen });
    return { outcome: 'booked', day: offer.day, time: chosen };
  },
};
