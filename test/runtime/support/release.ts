import { AgentConfig } from '#core/release/agent-config.ts';
import { assembleRelease, type ReleaseBuild } from '#core/release/assemble.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import { ToolDescription } from '#core/release/tool.ts';
import type { ReleaseSource } from '#runtime/host/prepare-release.ts';

const scripted = { provider: 'scripted', id: 'scripted', snapshot: '1' };
const utf8 = (text: string) => new TextEncoder().encode(text);

const flow = `initial_node: greet
nodes:
  greet:
    role_message: You answer the phone of a clinic.
    task_messages: [{prompt: prompts/greet.md}]
    functions:
      - {name: book, description: Books a day, handler: book, transitions: {booked: booked, full: null}}
      - {name: hang_up, description: The caller is done, next: goodbye}
  booked:
    task_messages: [{content: Confirm}]
    functions: [{name: hang_up, description: The caller is done, next: goodbye}]
  goodbye:
    task_messages: [{content: Say goodbye}]
    post_actions: [{type: end_conversation, text: Goodbye.}]
`;

const bundle = `export const tools = [{
  name: 'book', description: 'Books a day', permissions: ['calendar:write'], outcomes: ['booked', 'full'],
  parameters: { type: 'object', properties: { day: { type: 'string' } }, required: ['day'], additionalProperties: false },
  run: async ({ day }, context) => {
    if (day === 'sunday') throw new Error('closed');
    if (day === 'exit') process.exit(7);
    if (day === 'memory') { const kept = []; for (;;) { kept.push(Buffer.alloc(8_000_000, 1)); await new Promise((r) => setTimeout(r, 1)); } }
    const [hours] = context.search('when open', 1);
    return { outcome: day === 'monday' ? 'full' : 'booked', day, hours: hours?.text, customer: context.customerId };
  },
}];
`;

const book = {
  name: 'book',
  description: 'Books a day',
  parameters: {
    type: 'object',
    properties: { day: { type: 'string' } },
    required: ['day'],
    additionalProperties: false,
  },
  permissions: ['calendar:write'],
  outcomes: ['booked', 'full'],
};

const rules = {
  greet: [
    { on: 'enter', say: 'Good morning. Which day?' },
    { when: '\\b(?<day>monday|tuesday|sunday|exit|memory)\\b', call: 'book', args: { day: '{day}' } },
    { on: 'result', say: 'That day is full. Another one?' },
    {
      when: 'long',
      say: 'One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.',
    },
  ],
  booked: [{ on: 'enter', say: 'Booked for {result.day}. {result.hours}' }],
  '*': [{ when: 'bye', call: 'hang_up' }],
};

export interface TinyReleaseOptions {
  readonly version?: string;
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly guardrails?: Readonly<Record<string, unknown>>;
}

/** A whole release with one tool, small enough to read: the example's shape without its size. */
export const tinyRelease = ({
  version = '1.0',
  limits = {},
  guardrails = {},
}: TinyReleaseOptions = {}): Promise<ReleaseBuild> =>
  assembleRelease({
    config: AgentConfig.parse({
      service: 'appointments',
      version,
      channels: ['phone', 'webrtc'],
      tier: 'voice',
      model: {
        ...scripted,
        params: { rules },
        stt: scripted,
        tts: scripted,
        turnDetection: { startMs: 60, stopMs: 100, minEndpointMs: 200, interruptionMs: 200 },
      },
      budgets: { costUsdPerTask: 1 },
      limits,
      guardrails,
    }),
    flow: utf8(flow),
    prompts: [{ path: 'prompts/greet.md', bytes: utf8('Ask for the day.') }],
    tools: [ToolDescription.parse(book)],
    bundle: [{ path: 'index.mjs', bytes: utf8(bundle) }],
    bundleBuilder: 'esbuild@0.28.2',
    documents: [{ path: 'knowledge/hours.md', text: '# Opening hours\n\nWe open at nine.\n' }],
  });

/** A build's bytes as registry and artifact store would give them. */
export const sourceOf = (build: ReleaseBuild): ReleaseSource & { readonly parts: Map<string, Uint8Array> } => {
  const parts = new Map(build.parts.map(({ digest, bytes }) => [String(digest), bytes]));
  return {
    parts,
    registry: { manifestText: async () => canonicalJson(build.manifest) },
    artifacts: {
      get: async (digest) => {
        const bytes = parts.get(digest);
        if (!bytes) throw new Error(`no part ${digest}`);
        return bytes;
      },
    },
  };
};
