/** Shops that take parcels, by part of town. */
const points = new Map<string, readonly string[]>([
  ['harbor', ['kiosk on Pier Road', 'bakery in Mill Lane']],
  ['old town', ['bookshop on Market Square', 'pharmacy in Bell Street']],
  ['station', ['kiosk on platform 1', 'flower shop in the hall']],
]);

export const pointsIn = (area: string): readonly string[] => points.get(area.trim().toLowerCase()) ?? [];

/** "the kiosk on Pier Road or the bakery in Mill Lane" */
export const listed = (names: readonly string[]): string => names.map((name) => `the ${name}`).join(' or ');

/** "the first", "kiosk": the offered point that the words mean. */
export const chosenPoint = (words: string, offered: readonly string[]): string | undefined => {
  const choice = words.trim().toLowerCase();
  if (choice === 'first') return offered[0];
  if (choice === 'second') return offered[1];
  if (choice === 'last') return offered.at(-1);
  return offered.find((name) => name.toLowerCase().includes(choice));
};
