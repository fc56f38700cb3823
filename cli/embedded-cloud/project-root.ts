import { fileURLToPath } from 'node:url';

/** Folder of package.json: `orgs/` and `examples/` of this project lie in it, and the CDK app is synthesized there. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
