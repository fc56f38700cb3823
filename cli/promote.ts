import { Command } from 'commander';
import ora from 'ora';
import { type Clock, systemClock, timestampOf } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import { parseOrThrow } from '#core/parse.ts';
import { maxAttempt, type PromotionInput } from '#core/promotion/promotion-input.ts';
import type { PromotionEnd } from '#core/promotion/promotion-store.ts';
import { shortId } from '#core/words/digest.ts';
import { SetName } from '#core/words/names.ts';
import { observePromotion } from '#operations/canary/observe-promotion.ts';
import { requestPromotion } from '#operations/promotion/request-promotion.ts';
import { byOf, byOption, type ByOptions, thisMachine } from './options/by.ts';
import { wholeNumber } from './options/number.ts';
import { type OrgAccess, withOrg } from './org/org-access.ts';
import { readOrg } from './org/read-org.ts';
import { loadPlan } from './promotion/load-plan.ts';
import { watchPromotion } from './promotion/watch-promotion.ts';
import { untilInterrupted } from './terminal/interrupt.ts';

interface PromoteOptions extends ByOptions {
  readonly to: string;
  readonly plan: string;
  readonly attempt: number;
  readonly wait: boolean;
  readonly org?: string;
  readonly orgs: string;
  readonly json: boolean;
}

/** Exit codes with --wait, so that CI can tell a bad release from a broken pipeline (1). */
const exitCodes = { promoted: 0, aborted: 2 } as const satisfies Record<PromotionEnd['outcome'], number>;

/** `lastgood promote <service> <release>` (S3) */
export const promoteCommand = (): Command =>
  new Command('promote')
    .description('promote a release to a version set: checks, warm pool, canary, and the flip or the way back')
    .argument('<service>', 'service of the org')
    .argument('<release>', 'version label, id, or the beginning of an id')
    .option('--to <set>', 'version set', 'release')
    .option('--plan <name>', 'a shipped plan, or a YAML file', 'standard')
    .option('--attempt <n>', 'number of the try: another number is another promotion', wholeNumber(1, maxAttempt), 1)
    .option('--wait', 'follow it to its end; exit code 0 promoted, 2 aborted, 1 error', false)
    .option('--org <name>', 'org; needed when there are several')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .addOption(byOption())
    .option('--json', 'end with one line of JSON', false)
    .addHelpText(
      'after',
      '\nThe same promotion started twice runs once; one that is over and whose release is not stable asks for the next attempt. Ctrl-C with --wait stops watching, not the promotion;' +
        ' the same command watches again.\n' +
        '\nExamples:\n' +
        '  lastgood promote appointments 1.4 --org acme-cardio-useast --plan standard --wait\n' +
        '  lastgood promote appointments 1.4 --org acme-cardio-useast --plan ./careful.yaml --attempt 2',
    )
    .action(async (service: string, release: string, options: PromoteOptions) => {
      const plan = await loadPlan(options.plan);
      const org = await readOrg(options.org, options.orgs);
      await withOrg(org, async (access) => {
        const { promotion: input, end: over } = await requestPromotion(access, {
          service: serviceOf(org, service),
          set: parseOrThrow(SetName, options.to, '--to'),
          release,
          plan,
          attempt: options.attempt,
          requestedBy: byOf(options, thisMachine),
        });
        process.stderr.write(`${startedText(input)}\n`);
        const end = over ?? (options.wait ? await follow(access, input, systemClock) : undefined);
        if (end) process.exitCode = exitCodes[end.outcome];
        process.stdout.write(`${options.json ? JSON.stringify(summary(input, end)) : textOf(input, end)}\n`);
      });
    });

const startedText = ({ promotionId, version, service, set, plan, release, org }: PromotionInput): string =>
  `promotion ${promotionId} of ${service} ${version} (${shortId(release)}) to ${set} in ${org}, plan ${plan.name}`;

const follow = async (access: OrgAccess, input: PromotionInput, clock: Clock): Promise<PromotionEnd> => {
  const spinner = ora({ stream: process.stderr, discardStdin: false }).start();
  let last = '';
  const tell = (line: string): void => {
    spinner.text = line;
    // A log gets a line when something changed; a terminal has the spinner.
    if (!spinner.isEnabled && line !== last) process.stderr.write(`${timestampOf(clock.now())} ${line}\n`);
    last = line;
  };
  try {
    const end = await untilInterrupted((signal) =>
      watchPromotion({
        observe: () => observePromotion(access, input, clock.now()),
        tell,
        clock,
        signal,
      }),
    );
    if (end) return end;
  } finally {
    spinner.stop();
  }
  throw new LastgoodError(
    'interrupted',
    `stopped watching; promotion ${input.promotionId} goes on. Run the same command to watch again, or: ` +
      `lastgood why ${input.promotionId} --org ${input.org}`,
  );
};

const summary = (
  { promotionId, org, service, set, release, version, attempt }: PromotionInput,
  end?: PromotionEnd,
) => ({
  promotionId,
  org,
  service,
  set,
  release,
  version,
  attempt,
  ...end,
});

const textOf = ({ promotionId, org, version }: PromotionInput, end: PromotionEnd | undefined): string =>
  end === undefined
    ? `started; its story: lastgood why ${promotionId} --org ${org}`
    : `${version} ${end.outcome}: ${end.reason}\nits story: lastgood why ${promotionId} --org ${org}`;
