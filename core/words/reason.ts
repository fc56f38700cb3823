/** The length that a head, a history entry and a step's answer keep of a reason. */
const maxReason = 2_000;

/** A reason cut to what every record of it can hold. */
export const shortReason = (text: string): string => text.slice(0, maxReason);
