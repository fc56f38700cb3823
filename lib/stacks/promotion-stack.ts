import type { Construct } from 'constructs';
import { Consequences } from '../constructs/consequences.ts';
import { PromotionWorkflow } from '../constructs/promotion-workflow.ts';
import { SafetyNet } from '../constructs/safety-net.ts';
import { WorkflowFunctions } from '../constructs/workflow-functions.ts';
import { OperatorRole } from '../constructs/operator-role.ts';
import type { DataPlaneStack } from './data-plane-stack.ts';
import { OrgStack, type OrgStackProps } from './org-stack.ts';
import type { StatefulStack } from './stateful-stack.ts';

export interface PromotionStackProps extends OrgStackProps {
  readonly stateful: StatefulStack;
  readonly dataPlane: DataPlaneStack;
}

/** The control plane: the workflow of a promotion, the paths that flip without it, what follows, and the role of its operators. */
export class PromotionStack extends OrgStack {
  readonly workflow: PromotionWorkflow;
  readonly safetyNet: SafetyNet;
  readonly consequences: Consequences;

  constructor(scope: Construct, id: string, props: PromotionStackProps) {
    super(scope, id, { org: props.org, description: 'Lastgood: promotion, analysis and roll-back of an org' });
    const { org, stateful, dataPlane } = props;
    const { functions } = new WorkflowFunctions(this, 'Steps', { org, stateful, dataPlane });
    this.workflow = new PromotionWorkflow(this, 'Workflow', { functions });
    this.safetyNet = new SafetyNet(this, 'SafetyNet', { org, stateful, dataPlane });
    this.consequences = new Consequences(this, 'Consequences', { org, stateful, workflow: this.workflow });
    new OperatorRole(this, 'Operator', { org, stateful, workflow: this.workflow });
  }
}
