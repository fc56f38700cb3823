import type { Tool } from '#core/release/tool.ts';
import { asParcel, currentParcel } from './parcels/parcels.ts';

/** Within so many days the customer hears from us. */
const answerDays = 5;

export const tool: Tool<Record<string, never>> = {
  name: 'open_claim',
  description:
    'Opens a claim for the delivered parcel that the conversation is about, once it has been missing long enough.',
  parameters: { type: 'object', properties: {}, additionalProperties: false },
  permissions: ['parcels:read', 'claims:write'],
  outcomes: ['opened', 'too_early'],
  run: (_input, { memory, businessRules }) => {
    const parcel = asParcel(memory.get(currentParcel));
    const days = Number(businessRules['claimAfterDays'] ?? 2);
    if (!parcel || parcel.days < days) return { outcome: 'too_early', days };
    return { outcome: 'opened', number: parcel.number, claim: `C-${parcel.number.slice(2)}`, days: answerDays };
  },
};
