/** Text made safe for HTML, in elements and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const plain = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

export const numberText = (value: number): string => plain.format(value);

/** 0.0342 → "3.42 %" */
export const percentText = (rate: number): string => `${short.format(100 * rate)} %`;
export const usdText = (value: number): string => `$${short.format(value)}`;

/** "08:30" in UTC */
export const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
/** "5 Jan 2026, 08:30:12 UTC" */
export const momentText = (ms: number): string => {
  const iso = new Date(ms).toISOString();
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][
    Number(iso.slice(5, 7)) - 1
  ];
  return `${Number(iso.slice(8, 10))} ${month} ${iso.slice(0, 4)}, ${iso.slice(11, 19)} UTC`;
};
