import { CanaryPlan } from '#core/canary/plan.ts';
import { planByName, shippedPlans } from '#core/canary/plans.ts';
import { parseYamlAs } from '#core/parse-yaml.ts';
import { readInput } from '../terminal/read-input.ts';

/** A shipped plan by its name, or a plan in a YAML (or JSON) file. */
export const loadPlan = async (nameOrFile: string): Promise<CanaryPlan> => {
  if (shippedPlans.has(nameOrFile) || !/[./]/.test(nameOrFile)) return planByName(nameOrFile);
  return parseYamlAs(CanaryPlan, await readInput(nameOrFile, 'the plan'), nameOrFile);
};
