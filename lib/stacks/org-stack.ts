import { DefaultStackSynthesizer, type IStackSynthesizer, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { availabilityZones } from '../availability-zones.ts';

export interface OrgStackProps {
  readonly org: Org;
}

/** A stack of one org: its account and region are explicit, its physical name is the same in every org. */
export abstract class OrgStack extends Stack {
  protected readonly org: Org;

  constructor(scope: Construct, id: string, props: OrgStackProps & { description: string; stateful?: boolean }) {
    super(scope, id, {
      stackName: `lastgood-${id}`,
      description: props.description,
      env: { account: props.org.account, region: props.org.region },
      terminationProtection: props.stateful ?? false,
      // `cdk deploy` checks the bootstrap version itself, so the template needs no parameter and rule for it.
      synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) as IStackSynthesizer,
    });
    this.org = props.org;
    Tags.of(this).add('lastgood:org', props.org.name);
    Tags.of(this).add('lastgood:zone', props.org.zone);
  }

  /** Written down per region, so that synth needs no look-up in the account. */
  override get availabilityZones(): string[] {
    return [...availabilityZones(this.region)];
  }
}
