import { LastgoodError } from '#core/errors.ts';
import type { Org } from '#core/org/org.ts';
import { isInZone, zones } from '#core/org/zone.ts';

/** What the check reads of a synthesized stack. */
export interface SynthesizedStack {
  readonly displayName: string;
  readonly environment: { readonly region: string };
  readonly template: unknown;
}

/** Any AWS region inside a text: an ARN, an endpoint, a replica's name. */
const regionPattern =
  /(?<![a-z0-9])(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov|-iso[a-z]?)?-(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-\d(?![0-9])/g;

/** A cross-region inference profile of Bedrock: `eu.anthropic.…`, `global.anthropic.…`. */
const modelRoutePattern =
  /(?<![a-z0-9.-])(us|us-gov|eu|apac|jp|au|ca|global)\.(?:anthropic|amazon|meta|mistral|cohere|deepseek|openai|qwen|stability|twelvelabs|writer)\./g;

/** The profile prefixes whose routes stay inside a zone. */
const zoneOfProfile: Readonly<Record<string, Org['zone']>> = { us: 'us', eu: 'eu' };

/** Resource types that have no home region: their data is everywhere. */
const globalTypes: readonly string[] = [
  'AWS::CloudFront::',
  'AWS::GlobalAccelerator::',
  'AWS::Route53::HealthCheck',
  'AWS::ECR::ReplicationConfiguration',
];

/**
 * Refuses stacks of which a resource, replica or model route lies outside the org's zone (T3, invariant 10). It reads
 * the finished template, so no construct and no override can get past it.
 * @throws LastgoodError `outside-zone` naming every place
 */
export const refuseOutsideZone = (org: Org, stacks: readonly SynthesizedStack[]): void => {
  const violations = stacks.flatMap((stack) => [
    ...(isInZone(org.zone, stack.environment.region)
      ? []
      : [`${stack.displayName} is deployed to ${stack.environment.region}`]),
    ...violationsIn(org, stack.template, stack.displayName),
  ]);
  if (violations.length === 0) return;
  throw new LastgoodError(
    'outside-zone',
    `Org ${org.name} stays in zone ${org.zone} (${zones[org.zone].join(', ')}), but:\n  ${violations.join('\n  ')}\n` +
      `Remove these or move them into the zone.`,
    { details: { violations } },
  );
};

const violationsIn = (org: Org, value: unknown, path: string): readonly string[] => {
  if (typeof value === 'string') return violationsOfText(org, value, path);
  if (Array.isArray(value)) return value.flatMap((item, index) => violationsIn(org, item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...violationsOfText(org, key, `${path} key`),
    ...violationsIn(org, item, `${path}.${key}`),
  ]);
};

const violationsOfText = (org: Org, text: string, path: string): readonly string[] => [
  ...[...text.matchAll(regionPattern)]
    .map(([region]) => region)
    .filter((region) => !isInZone(org.zone, region))
    .map((region) => `${path} names ${region}`),
  ...[...text.matchAll(modelRoutePattern)]
    .filter(([, prefix]) => zoneOfProfile[prefix ?? ''] !== org.zone)
    .map(([route]) => `${path} routes a model through ${route}*`),
  ...(globalTypes.some((type) => text.startsWith(type)) ? [`${path} is ${text}, which has no home region`] : []),
];
