import type { ServiceName } from '#core/words/names.ts';
import { overlayProblems } from '#core/overlay/effective-config.ts';
import { parseFlow } from '#core/flow/flow.ts';
import type { ReleaseContent } from '#core/release/content.ts';
import type { TenancyStore } from './tenancy-store.ts';

export interface OverlayCheck {
  /** Why present overlays do not fit a release, one line each, naming customer and field (S14); the first 20. */
  readonly problems: (service: ServiceName, release: ReleaseContent) => Promise<readonly string[]>;
}

const maxProblems = 20;

export const overlayCheck = (tenancy: Pick<TenancyStore, 'customerIds' | 'forCustomer'>): OverlayCheck => ({
  problems: async (service, { manifest, flow }) => {
    const base = { model: manifest.model, controls: manifest.controls, functions: functionsOf(flow) };
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

const functionsOf = (flowText: string): readonly string[] => {
  const flow = parseFlow(flowText);
  const nodes = Object.values(flow.nodes);
  return [...new Set([...flow.global_functions, ...nodes.flatMap((node) => node.functions)].map(({ name }) => name))];
};
