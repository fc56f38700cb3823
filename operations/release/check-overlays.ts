import { parseFlow } from '#core/flow/flow.ts';
import { overlayProblems } from '#core/overlay/effective-config.ts';
import { overlayBaseOf } from '#core/overlay/overlay-base.ts';
import type { TenancyStore } from '#core/overlay/tenancy-store.ts';
import type { ReleaseContent } from '#core/release/content.ts';
import type { ServiceName } from '#core/words/names.ts';

export interface CheckOverlaysPorts {
  readonly tenancy: Pick<TenancyStore, 'customerIds' | 'forCustomer'>;
}

const maxProblems = 20;

/** Why overlays of customers do not fit a release, one line each, naming customer and field (S14); the first 20. */
export const checkOverlays =
  ({ tenancy }: CheckOverlaysPorts) =>
  async (service: ServiceName, { manifest, flow }: ReleaseContent): Promise<readonly string[]> => {
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
  };
