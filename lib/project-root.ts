import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of package.json: what entries of functions and the image's context are relative to. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));
