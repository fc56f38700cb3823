import { parseFlow } from '#core/flow/flow.ts';
import { overlayProblems } from '#core/overlay/effective-config.ts';
import type { OverlayCheck } from '#core/overlay/overlay-check.ts';
import type { TenancyStore } from '#core/overlay/tenancy-store.ts';

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
