import type { EffectiveConfig } from '#core/overlay/effective-config.ts';
import type { Flow } from '#core/flow/flow.ts';
import type { Manifest } from '#core/release/manifest.ts';
import type { ToolDescription } from '#core/release/tool.ts';
import type { Digest, ReleaseId } from '#core/words/digest.ts';
import type { SessionAssignment, SessionResult } from '#core/session/session-record.ts';
import type { OrgName } from '#core/words/names.ts';
import type { ChosenProviders } from '../providers/registry.ts';

/** A verified and parsed release as the host lays it out for its agent processes: `release.json` in the release's folder. */
export interface PreparedRelease {
  readonly releaseId: ReleaseId;
  readonly manifest: Manifest;
  readonly flow: Flow;
  /** Text by path: `prompts/greeting.md`. */
  readonly prompts: Readonly<Record<string, string>>;
  readonly tools: readonly ToolDescription[];
}

/** Files of the release's folder. */
export const releaseFiles = { release: 'release.json', index: 'index.json', bundle: 'bundle' } as const;

/** Everything fixed when an agent process starts; one JSON argument of its command line. */
export interface AgentSetup {
  readonly org: OrgName;
  /** Folder of the prepared release. */
  readonly folder: string;
  readonly maxSessionSeconds: number;
}

/** What one session runs with: the release merged with the customer's overlay (O1). */
export interface SessionConfig {
  /** 0 without an overlay. */
  readonly overlayVersion: number;
  readonly configDigest: Digest;
  readonly effective: EffectiveConfig;
  /** The providers that `effective.model` names, their parameters parsed. */
  readonly providers: ChosenProviders;
}

/** The client's upgrade request, for the WebSocket handshake in the agent process. */
export interface UpgradeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export type ToAgent =
  /** Are you there? Asked right before a call is handed over. */
  | { readonly type: 'lease'; readonly nonce: number }
  /** The socket travels with this message. */
  | {
      readonly type: 'call';
      readonly assignment: SessionAssignment;
      readonly request: UpgradeRequest;
      /** Bytes behind the request that were read already, base64. */
      readonly head: string;
    }
  /** The start row is written: frames may flow. */
  | { readonly type: 'start'; readonly config: SessionConfig }
  /** Another process has this session, or the host cannot carry it: close without a result. */
  | { readonly type: 'drop' }
  /** Say goodbye and end the call. */
  | { readonly type: 'goodbye' };

export type FromAgent =
  | { readonly type: 'ready' }
  | { readonly type: 'leased'; readonly nonce: number }
  | { readonly type: 'result'; readonly result: SessionResult; readonly transcript: string };
