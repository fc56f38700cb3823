import { mkdir, writeFile } from 'node:fs/promises';
import { jsonSchemas, schemaFile, schemaText } from './json-schemas.ts';

/** `npm run schemas`: writes `docs/schemas/` anew from the zod schemas. */
for (const [name, schema] of Object.entries(await jsonSchemas())) {
  const file = schemaFile(name);
  await mkdir(new URL('.', file), { recursive: true });
  await writeFile(file, schemaText(schema));
}
