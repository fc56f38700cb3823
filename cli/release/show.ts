import { Command } from 'commander';
import { canonicalJson } from '#core/release/canonical.ts';
import type { Manifest } from '#core/release/manifest.ts';
import { partsOf } from '#core/release/parts.ts';
import type { RegisteredRelease } from '#core/release/release-registry.ts';
import { releaseOptions, type ReleaseOptions, withService } from '../org/with-service.ts';
import { plainTable } from '../terminal/table.ts';

const modelName = ({ provider, id, snapshot }: Pick<Manifest['model'], 'provider' | 'id' | 'snapshot'>): string =>
  `${provider}/${id}@${snapshot}`;

const showText = ({ manifest, releaseId, publishedAt, publishedBy }: RegisteredRelease, standing: string): string => {
  const { model, tools, controls, code, data } = manifest;
  const permissions = Object.entries(tools.permissions).map(
    ([tool, granted]) => `${tool}: ${granted.join(', ') || 'none'}`,
  );
  const table = plainTable();
  table.push(
    ['release', releaseId],
    ['published', `${publishedAt} by ${publishedBy}; ${standing}`],
    ['channels, tier', `${manifest.channels.join(', ')}; ${manifest.tier}`],
    ['model', [modelName(model), `stt ${modelName(model.stt)}`, `tts ${modelName(model.tts)}`].join('\n')],
    ['tool permissions', permissions.join('\n') || 'no tools'],
    ['controls', canonicalJson(controls)],
    ['made by', `${code.builder}, ${data.builder}${code.image === undefined ? '' : `, image ${code.image}`}`],
    ...partsOf(manifest).map(({ part, what, digest }): [string, string] => [part, `${digest}  ${what}`]),
  );
  return `${manifest.service} ${manifest.version}\n${table.toString()}`;
};

/** `lastgood release show <release>` */
export const releaseShowCommand = (): Command =>
  releaseOptions(new Command('show'))
    .description('show a release: its parts by digest, model, tool permissions and controls')
    .argument('<release>', 'version label, id, or the first 8 characters of an id')
    .addHelpText('after', '\nExample:\n  lastgood release show 1.0 --org acme-cardio-useast --json')
    .action(async (name: string, options: ReleaseOptions) => {
      await withService(options, async ({ access, service }) => {
        const release = await access.releases.resolve(service, name);
        const standing = await access.releases.standing(release.releaseId);
        process.stdout.write(
          `${options.json ? JSON.stringify({ ...release, standing }) : showText(release, standing)}\n`,
        );
      });
    });
