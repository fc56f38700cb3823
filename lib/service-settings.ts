import type { Org } from '#core/org/org.ts';

/** Variable `SERVICES` of the functions that judge: JSON of `core/promotion/service-settings.ts`. */
export const serviceSettings = (org: Org): string =>
  JSON.stringify(
    org.services.map(({ name, baselineErrorRate, expectedCallsPerMinute }) => ({
      name,
      baselineErrorRate,
      expectedCallsPerMinute,
    })),
  );
