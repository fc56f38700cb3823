import { Command } from 'commander';
import { gatherStory } from '#operations/promotion/gather-story.ts';
import { readOrgs } from './org/read-org.ts';
import { withPromotion } from './promotion/with-promotion.ts';
import { storyText } from './why/story-text.ts';

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
    .action(async (name: string, options: WhyOptions) =>
      withPromotion(name, await readOrgs(options.org, options.orgs), async (access, promotion) => {
        const story = await gatherStory(access, promotion);
        process.stdout.write(`${options.json ? JSON.stringify(story) : storyText(story)}\n`);
      }),
    );
