import type { Allowed, NamedResource, Program, ResolvedOrg } from './resolved-org.ts';

/** What a role may be allowed although no variable names it. */
export interface Exception {
  /** @default - every program */
  readonly program?: string;
  readonly actions: readonly string[];
  readonly resource: RegExp;
  readonly because: string;
}

/** Names of variables that promise a resource of the org. */
const promisesResource = /(_TABLE|_BUCKET|_SECRET|_TOPIC_ARN|_STATE_MACHINE|^CLUSTER)$/;

/**
 * Both ways between what a program is told and what its role allows.
 * @returns one line for each variable that names nothing or a resource which the role does not allow, for each permission
 *   that no variable names, and for each exception that nothing needs
 */
export const grantFindings = (org: ResolvedOrg, exceptions: readonly Exception[]): readonly string[] => {
  const used = new Set<Exception>();
  const findings = org.programs.flatMap((program) => {
    const named = resourcesNamedBy(program, org);
    const unknown = Object.entries(program.environment)
      .filter(([variable]) => promisesResource.test(variable) && !named.some((one) => one.variable === variable))
      .map(([variable, value]) => `${program.name}: ${variable} is ${value}, and no resource of the org is called so`);
    const notAllowed = named
      .filter(({ resource }) => !program.allowed.some((allowed) => isPartOf(allowed.resource, resource)))
      .map(
        ({ variable, resource }) =>
          `${program.name}: ${variable} names ${nameOf(resource)}, which its role does not allow`,
      );
    const notNamed = program.allowed
      .filter((allowed) => !named.some(({ resource }) => isOf(allowed, resource)))
      .filter((allowed) => {
        const exception = exceptions.find((one) => covers(one, program, allowed));
        if (exception) used.add(exception);
        return exception === undefined;
      })
      .map(
        ({ action, resource }) => `${program.name}: its role allows ${action} on ${resource}, which no variable names`,
      );
    return [...unknown, ...notAllowed, ...notNamed];
  });
  const unused = exceptions
    .filter((one) => !used.has(one))
    .map(({ because }) => `no role needs the exception "${because}"`);
  return [...findings, ...unused];
};

export interface NamedByVariable {
  readonly variable: string;
  readonly resource: NamedResource;
}

/** The resources of an org that a program's environment names, by name or ARN. Its own name is not one of them. */
export const resourcesNamedBy = (program: Program, { resources }: ResolvedOrg): readonly NamedByVariable[] =>
  Object.entries(program.environment).flatMap(([variable, value]) =>
    resources
      .filter(({ name, arn }) => value === name || value === arn)
      .filter(({ type, name }) => !(type === 'AWS::Lambda::Function' && program.name === `function ${shortName(name)}`))
      .map((resource) => ({ variable, resource })),
  );

const shortName = (functionName: string): string => functionName.replace(/^lastgood-/, '');

export const nameOf = ({ type, name }: NamedResource): string => `${type} ${name}`;

export const isPartOf = (resource: string, { prefixes }: NamedResource): boolean =>
  prefixes.some(
    (prefix) => resource === prefix || resource.startsWith(`${prefix}/`) || resource.startsWith(`${prefix}:`),
  );

/** Of the resource, or of the key that encrypts it. */
const isOf = ({ action, resource }: Allowed, of: NamedResource): boolean =>
  isPartOf(resource, of) || (action.startsWith('kms:') && resource === of.key);

const covers = ({ program, actions, resource }: Exception, { name }: Program, allowed: Allowed): boolean =>
  (program === undefined || program === name) && actions.includes(allowed.action) && resource.test(allowed.resource);
