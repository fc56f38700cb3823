import type { ReleaseContent } from '../release/content.ts';
import type { ServiceName } from '../words/names.ts';

export interface OverlayCheck {
  /** Why present overlays do not fit a release, one line each, naming customer and field (S14); the first 20. */
  readonly problems: (service: ServiceName, release: ReleaseContent) => Promise<readonly string[]>;
}
