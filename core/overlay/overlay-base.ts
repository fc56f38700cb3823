import type { Flow } from '../flow/flow.ts';
import type { Manifest } from '../release/manifest.ts';
import type { OverlayBase } from './effective-config.ts';

/** What overlays of a release are merged with. */
export const overlayBaseOf = ({ model, controls }: Pick<Manifest, 'model' | 'controls'>, flow: Flow): OverlayBase => ({
  model,
  controls,
  functions: [
    ...new Set(
      [...flow.global_functions, ...Object.values(flow.nodes).flatMap((node) => node.functions)].map(
        ({ name }) => name,
      ),
    ),
  ],
});
