import type { Tool } from '#core/release/tool.ts';
import { addDays, daysBetween, freeTimes, nextOpenDay, nextWeekday, spokenDay, spokenTimes } from './clinic/days.ts';

/** The day that a caller's words mean, or nothing when they are not clear. */
const dayOf = (words: string, today: Date): Date | undefined => {
  const day = words.trim().toLowerCase();
  if (day === 'today') return today;
  if (day === 'tomorrow') return addDays(today, 1);
  if (day === 'next week') return nextWeekday('monday', today);
  return nextWeekday(day, today);
};

export const tool: Tool<{ day: string }> = {
  name: 'find_slots',
  description: 'Finds free appointment times on a day. Give the day as the caller said it.',
  parameters: {
    type: 'object',
    properties: {
      day: { type: 'string', description: 'for instance tomorrow, Tuesday, next week', minLength: 1, maxLength: 60 },
    },
    required: ['day'],
    additionalProperties: false,
  },
  permissions: ['calendar:read'],
  outcomes: ['found', 'too_far', 'unclear'],
  run: ({ day }, { now, memory, businessRules }) => {
    const asked = dayOf(day, now());
    if (!asked) return { outcome: 'unclear', day };
    const days = Number(businessRules['maxDaysAhead'] ?? 30);
    if (daysBetween(now(), asked) > days) return { outcome: 'too_far', days };
    const date = nextOpenDay(asked);
    const preface = date === asked ? '' : `We are closed on ${spokenDay(asked)}. `;
    const free = freeTimes(date);
    memory.set('offer', { day: spokenDay(date), free });
    return { outcome: 'found', preface, day: spokenDay(date), times: spokenTimes(free) };
  },
};
