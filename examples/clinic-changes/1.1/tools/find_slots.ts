import type { Tool } from '#core/release/tool.ts';
import { addDays, daysBetween, freeTimes, nextOpenDay, spokenDay, spokenTimes } from './clinic/days.ts';

const months = 'january february march april may june july august september october november december'.split(' ');
const datePattern = /^(?<month>[a-z]+) (?<number>\d{1,2})/;

/** The day that a caller's words mean: a relative day, or a date such as "June 3rd". */
const dayOf = (words: string, today: Date): Date => {
  const day = words.trim().toLowerCase();
  if (day === 'today') return today;
  if (day === 'tomorrow') return addDays(today, 1);
  const { month, number } = datePattern.exec(day)!.groups!;
  return new Date(Date.UTC(today.getUTCFullYear(), months.indexOf(month!), Number(number)));
};

export const tool: Tool<{ day: string }> = {
  name: 'find_slots',
  description: 'Finds free appointment times on a day. Give the day as the caller said it.',
  parameters: {
    type: 'object',
    properties: {
      day: { type: 'string', description: 'for instance tomorrow, June 3rd', minLength: 1, maxLength: 60 },
    },
    required: ['day'],
    additionalProperties: false,
  },
  permissions: ['calendar:read'],
  outcomes: ['found', 'too_far', 'unclear'],
  run: ({ day }, { now, memory, businessRules }) => {
    const asked = dayOf(day, now());
    const days = Number(businessRules['maxDaysAhead'] ?? 30);
    if (daysBetween(now(), asked) > days) return { outcome: 'too_far', days };
    const date = nextOpenDay(asked);
    const preface = date === asked ? '' : `We are closed on ${spokenDay(asked)}. `;
    const free = freeTimes(date);
    memory.set('offer', { day: spokenDay(date), free });
    return { outcome: 'found', preface, day: spokenDay(date), times: spokenTimes(free) };
  },
};
