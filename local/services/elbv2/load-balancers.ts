import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { type CloudContext, type PerScope, perScope, statePath } from '../../context.ts';
import type { Scope } from '../../http/scope.ts';
import { type Document, openDocument } from '../../storage/document.ts';
import { freePort } from '../../net/listen.ts';
import { Listener } from './listener.ts';
import { type HealthCheck, TargetGroups } from './target-groups.ts';

const Ports = z.record(z.string(), z.number());

/**
 * Network load balancers of templates: a TCP proxy per load balancer. It has one listener, because its DNS name is
 * `127.0.0.1:<port>` and can carry one port. With a data folder the port stays the same.
 */
export class LoadBalancers {
  readonly targets: TargetGroups;
  readonly #ports: PerScope<Document<z.infer<typeof Ports>>>;
  readonly #listeners = new Map<string, { readonly listenerId: string; readonly listener: Listener }>();

  constructor(context: CloudContext) {
    this.targets = new TargetGroups(context);
    this.#ports = perScope((scope) => openDocument(statePath(context, scope, 'load-balancers.json'), Ports, {}));
  }

  putTargetGroup(arn: string, healthCheck: HealthCheck): void {
    this.targets.put(arn, healthCheck);
  }

  /** The address of a load balancer, `127.0.0.1:<port>`; it answers once it has a listener. */
  async address(scope: Scope, loadBalancerArn: string): Promise<string> {
    const document = this.#ports.get(scope);
    const port = document.value[loadBalancerArn] ?? (await freePort());
    document.value[loadBalancerArn] = port;
    await document.save();
    return `127.0.0.1:${port}`;
  }

  /**
   * Starts the listener of a load balancer or points the running one to another target group.
   * @throws LastgoodError `unsupported-resource` for a second listener, `port-in-use`
   */
  async putListener(scope: Scope, loadBalancerArn: string, listenerId: string, targetGroupArn: string): Promise<void> {
    const known = this.#listeners.get(loadBalancerArn);
    if (known && known.listenerId !== listenerId) {
      throw new LastgoodError(
        'unsupported-resource',
        `${loadBalancerArn} has a second listener (${listenerId}); a load balancer of the embedded cloud has one port`,
      );
    }
    if (known) return known.listener.forwardTo(targetGroupArn);
    const listener = new Listener(this.targets, targetGroupArn);
    const address = await this.address(scope, loadBalancerArn);
    await listener.listen(Number(address.slice(address.indexOf(':') + 1)));
    this.#listeners.set(loadBalancerArn, { listenerId, listener });
  }

  async remove(loadBalancerArn: string): Promise<void> {
    await this.#listeners.get(loadBalancerArn)?.listener.close();
    this.#listeners.delete(loadBalancerArn);
  }

  async close(): Promise<void> {
    this.targets.close();
    await Promise.all([...this.#listeners.values()].map(({ listener }) => listener.close()));
  }
}
