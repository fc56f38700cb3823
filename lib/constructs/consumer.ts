import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { LastgoodError } from '#core/errors.ts';
import type { HandlerEnv, HandlerName } from '#lambdas/entrance/environment.ts';
import type { EdgeContainerEnvironment } from '#runtime/edge/environment.ts';
import type { HostContainerEnvironment } from '#runtime/host/environment.ts';

/**
 * Who is given a resource: a function, a task, or a person's role. Every `grantX` takes one, and gives the permission and
 * the environment variable together, so nobody has the one without the other.
 */
export interface Consumer<Variable extends string> extends IGrantable {
  /** A property and not a method: so a grant to a program whose environment knows no such variable does not compile. */
  readonly addEnvironment: (name: Variable, value: string) => void;
}

/** Variables of tasks, by their program. */
export interface TaskEnvironments {
  readonly edge: EdgeContainerEnvironment;
  readonly host: HostContainerEnvironment;
}

export type TaskProgram = keyof TaskEnvironments;
export type TaskVariable<Program extends TaskProgram> = keyof TaskEnvironments[Program] & string;
export type HandlerVariable<Name extends HandlerName> = keyof HandlerEnv<Name> & string;

type DeclaredVariable =
  | { [Name in HandlerName]: HandlerVariable<Name> }[HandlerName]
  | { [Program in TaskProgram]: TaskVariable<Program> }[TaskProgram];

/** The variables that name a resource, and who gives each. Every other variable is a setting, passed to the construct. */
export const grants = {
  REGISTRY_TABLE: 'tables.registry.grantRead or grantReadWrite',
  SESSIONS_TABLE: 'tables.sessions.grantRead or grantReadWrite',
  TENANCY_TABLE: 'tables.tenancy.grantRead or grantReadWrite',
  HOSTS_TABLE: 'tables.hosts.grantRead or grantReadWrite',
  ARTIFACT_BUCKET: 'artifacts.grantRead or grantReadWrite',
  SESSION_KEY_SECRET: 'sessionKey.grantRead',
  TELEPHONY_SECRET: 'telephony.grantRead',
  PAGES_TOPIC_ARN: 'pages.grantPublish',
  PROMOTION_STATE_MACHINE: 'PromotionWorkflow, which calls grantContinue',
  CLUSTER: 'PoolAdministration.grantCreate or grantDelete',
  SUBNETS: 'PoolAdministration.grantCreate',
  SECURITY_GROUP: 'PoolAdministration.grantCreate',
  POOL_HOSTS: 'PoolAdministration.grantCreate',
} as const satisfies Partial<Record<DeclaredVariable, string>>;

/** A variable that only a grant gives. */
export type GrantedVariable = keyof typeof grants;

const isGranted = (name: string): name is GrantedVariable => Object.hasOwn(grants, name);

/** The variables of one program: those that its schema declares, and those that it has. */
export class GrantedEnvironment {
  readonly #program: string;
  readonly #declared: ReadonlySet<string>;
  readonly #settings: ReadonlySet<string>;
  readonly #given = new Map<string, string>();

  /**
   * @param program as messages name it: `function validate`
   * @param variables `declared` by the program's schema, and which of them are `settings` that it has already
   */
  constructor(
    program: string,
    variables: { readonly declared: readonly string[]; readonly settings: readonly string[] },
  ) {
    this.#program = program;
    this.#declared = new Set(variables.declared);
    this.#settings = new Set(variables.settings);
  }

  /**
   * Notes a grant's variable. Two grants of one resource, as read and scan, give the same one.
   * @throws LastgoodError `environment` for a variable that the program does not declare, or one with another value
   */
  add(name: string, value: string): void {
    const before = this.#given.get(name);
    if (!this.#declared.has(name)) {
      throw new LastgoodError(
        'environment',
        `${this.#program} is granted what ${name} names, and its environment declares no ${name}. ` +
          'Declare it in environment.ts and use it, or remove the grant.',
      );
    }
    if (before !== undefined && before !== value) {
      throw new LastgoodError(
        'environment',
        `${this.#program} is granted two resources as ${name}: ${before} and ${value}. One variable names one resource.`,
      );
    }
    this.#given.set(name, value);
  }

  /** For `node.addValidation`: each variable that is declared and that no grant has given. */
  missing(): string[] {
    return [...this.#declared]
      .filter((name) => isGranted(name))
      .filter((name) => !this.#given.has(name) && !this.#settings.has(name))
      .map((name) => `${this.#program} declares ${name} and is granted nothing that gives it: call ${grants[name]}.`);
  }
}
