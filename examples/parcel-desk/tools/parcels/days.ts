const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = 'January February March April May June July August September October November December'.split(' ');
const dayMs = 24 * 60 * 60 * 1_000;

/** "Tuesday, 8 June": the day so many days after another one; a negative number goes back. */
export const writtenDay = (from: Date, days: number): string => {
  const date = new Date(from.getTime() + days * dayMs);
  return `${weekdays[date.getUTCDay()]}, ${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
};
