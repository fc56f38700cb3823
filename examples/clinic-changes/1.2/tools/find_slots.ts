import type { Tool } from '#core/release/tool.ts';
import { addDays, daysBetween, freeTimes, nextOpenDay, nextWeekday, spokenDay, spokenTimes } from './clinic/days.ts';

const months = 'january february march april may june july august september october november december'.split(' ');
const datePattern = /^(?<month>[a-z]+) (?<number>\d{1,2})/;

/** A date such as "June 3rd", this year or the next; nothing when it is none. */
const dateOf = (day: string, today: Date): Date | undefined => {
  const { month = '', number } = datePattern.exec(day)?.groups ?? {};
  const index = months.indexOf(month);
  if (index < 0) return undefined;
  const thisYear = new Date(Date.UTC(today.getUTCFullYear(), index, Number(number)));
  return daysBetween(today, thisYear) >= 0
    ? thisYear
    : new Date(Date.UTC(today.getUTCFullYear() + 1, index, Number(number)));
};

/** The day that a caller's words mean, or nothing when they are not clear. */
const dayOf = (words: string, today: Date): Date | undefined => {
  const day = words.trim().toLowerCase();
  if (day === 'today') return today;
  if (day === 'tomorrow') return addDays(today, 1);
  if (day === 'the day after tomorrow') return addDays(today, 2);
  if (day === 'next week') return nextWeekday('monday', today);
  return nextWeekday(day, today) ?? dateOf(day, today);
};

export const tool: Tool<{ day: string }> = {
  name: 'find_slots',
  description: 'Finds free appointment times on a day. Give the day as the caller said it.',
  parameters: {
    type: 'object',
    properties: {
      day: {
        type: 'string',
        description: 'for instance tomorrow, Tuesday, next week, June 3rd',
        minLength: 1,
        maxLength: 60,
      },
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
