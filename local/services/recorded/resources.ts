import { z } from 'zod';
import {
  type Applied,
  type ResourceContext,
  type ResourceType,
  arn,
  generatedName,
  stableId,
} from '../../deploy/resource-type.ts';

/**
 * Types that are recorded and have no behaviour on this machine: network, permissions and keys. Whether they are right
 * is for synth, its policy checks and AWS to say. Every one is named here; anything else is an error.
 */

type Describe = (context: ResourceContext, properties: Readonly<Record<string, unknown>>) => Applied;

const withId =
  (prefix: string, ...attributes: readonly string[]): Describe =>
  (context) => {
    const id = `${prefix}-${stableId(context)}`;
    return { ref: id, attributes: Object.fromEntries(attributes.map((name) => [name, id])) };
  };

const named =
  (property: string): Describe =>
  (context, properties) => {
    const name = String(properties[property] ?? generatedName(context));
    return { ref: name, attributes: { Id: name } };
  };

const role: Describe = (context, properties) => {
  const name = String(properties['RoleName'] ?? generatedName(context));
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:iam::${context.scope.account}:role/${name}`,
      RoleId: `AROA${stableId(context).toUpperCase()}`,
    },
  };
};

const managedPolicy: Describe = (context, properties) => {
  const policyArn = `arn:aws:iam::${context.scope.account}:policy/${String(properties['ManagedPolicyName'] ?? generatedName(context))}`;
  return { ref: policyArn, attributes: { PolicyArn: policyArn } };
};

const instanceProfile: Describe = (context, properties) => {
  const name = String(properties['InstanceProfileName'] ?? generatedName(context));
  return { ref: name, attributes: { Arn: `arn:aws:iam::${context.scope.account}:instance-profile/${name}` } };
};

const key: Describe = (context) => {
  const id = stableId(context);
  return { ref: id, attributes: { Arn: arn(context, 'kms', `key/${id}`), KeyId: id } };
};

const vpc: Describe = (context, properties) => {
  const id = `vpc-${stableId(context)}`;
  return {
    ref: id,
    attributes: {
      VpcId: id,
      CidrBlock: properties['CidrBlock'],
      DefaultSecurityGroup: `sg-${stableId(context)}`,
      DefaultNetworkAcl: `acl-${stableId(context)}`,
    },
  };
};

const subnet: Describe = (context, properties) => {
  const id = `subnet-${stableId(context)}`;
  return {
    ref: id,
    attributes: {
      SubnetId: id,
      AvailabilityZone: properties['AvailabilityZone'],
      VpcId: properties['VpcId'],
      NetworkAclAssociationId: id,
    },
  };
};

const logGroup: Describe = (context, properties) => {
  const name = String(properties['LogGroupName'] ?? generatedName(context));
  return { ref: name, attributes: { Arn: arn(context, 'logs', `log-group:${name}:*`) } };
};

const dashboard: Describe = (context, properties) => ({
  ref: String(properties['DashboardName'] ?? generatedName(context)),
  attributes: {},
});

const recorded: Readonly<Record<string, Describe>> = {
  'AWS::CDK::Metadata': withId('metadata'),
  'AWS::CloudWatch::Dashboard': dashboard,
  'AWS::EC2::EIP': withId('eipalloc', 'AllocationId', 'PublicIp'),
  'AWS::EC2::FlowLog': withId('fl', 'Id'),
  'AWS::EC2::InternetGateway': withId('igw', 'InternetGatewayId'),
  'AWS::EC2::NetworkAcl': withId('acl', 'Id'),
  'AWS::EC2::NetworkAclEntry': withId('acle', 'Id'),
  'AWS::EC2::Route': withId('route', 'CidrBlock'),
  'AWS::EC2::RouteTable': withId('rtb', 'RouteTableId'),
  'AWS::EC2::SecurityGroup': withId('sg', 'GroupId', 'Id'),
  'AWS::EC2::SecurityGroupEgress': withId('sgr', 'Id'),
  'AWS::EC2::SecurityGroupIngress': withId('sgr', 'Id'),
  'AWS::EC2::Subnet': subnet,
  'AWS::EC2::SubnetNetworkAclAssociation': withId('aclassoc', 'AssociationId'),
  'AWS::EC2::SubnetRouteTableAssociation': withId('rtbassoc', 'Id'),
  'AWS::EC2::VPC': vpc,
  'AWS::EC2::VPCEndpoint': withId('vpce', 'Id'),
  'AWS::EC2::VPCGatewayAttachment': withId('attachment', 'AttachmentType'),
  'AWS::IAM::InstanceProfile': instanceProfile,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::Policy': named('PolicyName'),
  'AWS::IAM::Role': role,
  'AWS::IAM::RolePolicy': named('PolicyName'),
  'AWS::KMS::Alias': named('AliasName'),
  'AWS::KMS::Key': key,
  'AWS::Lambda::Permission': withId('permission', 'Id'),
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::ResourcePolicy': named('PolicyName'),
  'AWS::S3::BucketPolicy': named('Bucket'),
  'AWS::SNS::TopicPolicy': withId('topic-policy', 'Id'),
  'AWS::SecretsManager::ResourcePolicy': withId('secret-policy', 'Id'),
};

export const recordedTypes: readonly ResourceType[] = Object.entries(recorded).map(([type, describe]) => ({
  type,
  schema: z.record(z.string(), z.unknown()),
  apply: (context, properties) => describe(context, properties as Readonly<Record<string, unknown>>),
}));
