import { Command } from 'commander';
import { LastgoodError } from '#core/errors.ts';
import { accessOrg, readOrgs } from './org/org-access.ts';
import { findPromotion, gatherStory } from '#operations/promotion/gather-story.ts';
import { tellStory } from './why/story-text.ts';

interface WhyOptions {
  readonly org?: string;
  readonly orgs: string;
  readonly json: boolean;
}

/** `lastgood why <promotion>`: the whole story of a promotion, from its records, decisions, history and diff. */
export const whyCommand = (): Command =>
  new Command('why')
    .description(
      'tell the whole story of a promotion: who asked, who was called, the verdict, the flip and the exact diff',
    )
    .argument('<promotion>', 'id of the promotion, or the beginning of it')
    .option('--org <name>', 'one org (default: all of the folder)')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  lastgood why 3f9c21ab --org acme-cardio-useast')
    .action(async (name: string, options: WhyOptions) => {
      const orgs = await readOrgs(options.org, options.orgs);
      for (const org of orgs) {
        const access = accessOrg(org);
        try {
          const promotion = await findPromotion(access, name);
          if (promotion === undefined) continue;
          const story = await gatherStory(access, promotion);
          process.stdout.write(`${options.json ? JSON.stringify(story) : tellStory(story)}\n`);
          return;
        } finally {
          access.connection.close();
        }
      }
      throw new LastgoodError(
        'unknown-name',
        `no promotion ${name} in ${orgs.map((org) => org.name).join(', ')}; lastgood history shows those that reached a set`,
      );
    });
