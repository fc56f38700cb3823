/** Names of the days; the clinic is closed on the first and the last. */
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** Times of a day, as one says them. */
const times = ['nine', 'half past ten', 'two'];

const dayMs = 24 * 60 * 60 * 1_000;

export const addDays = (date: Date, days: number): Date => new Date(date.getTime() + days * dayMs);

/** Whole days from one date to another, whatever the time of day. */
export const daysBetween = (from: Date, to: Date): number =>
  Math.floor(to.getTime() / dayMs) - Math.floor(from.getTime() / dayMs);

/** The next day with this name, never today; nothing when it is no day's name. */
export const nextWeekday = (name: string, today: Date): Date | undefined => {
  const target = weekdays.indexOf(name);
  return target < 0 ? undefined : addDays(today, ((target - today.getUTCDay() + 6) % 7) + 1);
};

/** The same day, or the Monday after it. */
export const nextOpenDay = (date: Date): Date => {
  const weekday = date.getUTCDay();
  return weekday === 6 ? addDays(date, 2) : weekday === 0 ? addDays(date, 1) : date;
};

const endings: Readonly<Record<number, string>> = { 1: 'st', 2: 'nd', 3: 'rd', 21: 'st', 22: 'nd', 23: 'rd', 31: 'st' };

/** "Tuesday the 24th" */
export const spokenDay = (date: Date): string => {
  const name = weekdays[date.getUTCDay()] ?? '';
  const number = date.getUTCDate();
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} the ${number}${endings[number] ?? 'th'}`;
};

/** "nine, half past ten or two" */
export const spokenTimes = (free: readonly string[]): string => `${free.slice(0, -1).join(', ')} or ${free.at(-1)}`;

/** Free times of a day, two or three. The example has no real calendar behind it: the date decides which time is taken. */
export const freeTimes = (date: Date): readonly string[] =>
  times.filter((_, index) => index !== date.getUTCDate() % (times.length + 1));
