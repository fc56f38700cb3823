import { Stage, type StageSynthesisOptions } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { refuseUnreachable } from '../contacts.ts';
import { refuseOutsideZone } from '../residency.ts';
import { DataPlaneStack } from '../stacks/data-plane-stack.ts';
import { ObservabilityStack } from '../stacks/observability-stack.ts';
import { PromotionStack } from '../stacks/promotion-stack.ts';
import { StatefulStack } from '../stacks/stateful-stack.ts';

export interface OrgStageProps {
  readonly org: Org;
}

type Assembly = ReturnType<Stage['synth']>;

/** One org: one account, one home region, four stacks. */
export class OrgStage extends Stage {
  readonly stateful: StatefulStack;
  readonly dataPlane: DataPlaneStack;
  readonly promotion: PromotionStack;
  readonly observability: ObservabilityStack;
  readonly #org: Org;

  /** @throws LastgoodError `invalid-input` for a production org whose pages would reach nobody */
  constructor(scope: Construct, id: string, { org }: OrgStageProps) {
    super(scope, id, { env: { account: org.account, region: org.region } });
    this.#org = org;
    refuseUnreachable(org);
    this.stateful = new StatefulStack(this, 'stateful', { org });
    this.dataPlane = new DataPlaneStack(this, 'data-plane', { org, stateful: this.stateful });
    this.promotion = new PromotionStack(this, 'promotion', {
      org,
      stateful: this.stateful,
      dataPlane: this.dataPlane,
    });
    this.observability = new ObservabilityStack(this, 'observability', {
      org,
      stateful: this.stateful,
      promotion: this.promotion,
    });
  }

  /** @throws LastgoodError `outside-zone` when a template names a region outside the org's zone (invariant 10) */
  override synth(options?: StageSynthesisOptions): Assembly {
    const assembly = super.synth(options);
    refuseOutsideZone(this.#org, assembly.stacks);
    return assembly;
  }
}
