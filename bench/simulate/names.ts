import { CustomerId, OrgName, ServiceName, SetName } from '#core/words/names.ts';

/** The one org of a simulated world, with one service and its production set. */
export const org = OrgName.parse('acme-simulated');
export const service = ServiceName.parse('appointments');
export const set = SetName.parse('release');
export const customerId = CustomerId.parse('clinic');
