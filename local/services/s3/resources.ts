import { z } from 'zod';
import { generatedName, resourceType, withoutEffect } from '../../deploy/resource-type.ts';

const Bucket = z.strictObject({
  BucketName: z.string().optional(),
  // Objects are kept whole and once; encryption, access and life cycle are AWS's.
  ...withoutEffect(
    'BucketEncryption',
    'LifecycleConfiguration',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
    'Tags',
    'VersioningConfiguration',
    'LoggingConfiguration',
    'ObjectLockEnabled',
    'AccessControl',
    'IntelligentTieringConfigurations',
  ),
});

export const s3Types = [
  resourceType({
    type: 'AWS::S3::Bucket',
    schema: Bucket,
    apply: (context, properties) => {
      const name = properties.BucketName ?? generatedName(context, 63).toLowerCase();
      context.services.s3.ensureBucket(name);
      return {
        ref: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${context.scope.region}.amazonaws.com`,
        },
      };
    },
    remove: ({ services }, { ref }) => services.s3.removeBucket(ref),
  }),
];
