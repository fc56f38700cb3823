import { parseFlow } from '#core/flow/flow.ts';
import { overlayProblems } from '#core/overlay/effective-config.ts';
import { overlayBaseOf } from '#core/overlay/overlay-base.ts';
import type { OverlayCheck } from '#core/overlay/overlay-check.ts';
import type { TenancyStore } from '#core/overlay/tenancy-store.ts';

const maxProblems = 20;

export const overlayCheck = (tenancy: Pick<TenancyStore, 'customerIds' | 'forCustomer'>): OverlayCheck => ({
  problems: async (service, { manifest, flow }) => {
    const base = overlayBaseOf(manifest, parseFlow(flow));
    const found: string[] = [];
    for await (const customerId of tenancy.customerIds()) {
      const present = await tenancy.forCustomer(customerId).overlay(service);
      if (present === undefined) continue;
      for (const { message } of overlayProblems(base, present.overlay))
        found.push(`the overlay of customer ${customerId} (version ${present.version}) does not fit: ${message}`);
      if (found.length >= maxProblems) break;
    }
    return found.slice(0, maxProblems);
  },
});
