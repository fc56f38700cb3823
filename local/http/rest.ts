import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Scope } from './scope.ts';

/** Handles a call that is neither AWS JSON nor query, and answers in its own protocol also when it refuses. */
export type RestHandler = (request: IncomingMessage, response: ServerResponse, scope: Scope, url: URL) => Promise<void>;

/** A call known by method and path. */
export interface RestOperation {
  readonly method: string;
  /** With names in braces: `/{Bucket}/{Key}`. */
  readonly path: string;
  /** Strict: query parameters, and the headers that change what the call means. */
  readonly schema: z.ZodType;
}

/** A service whose calls are methods on paths. */
export interface RestApi {
  /** Service name in the SigV4 scope. */
  readonly service: string;
  /** Requests below this path are the service's. @default - those that are signed for it */
  readonly pathPrefix?: string;
  readonly operations: Readonly<Record<string, RestOperation>>;
  readonly handle: RestHandler;
}

/** Headers that decide what a call does. */
const ofCall = /^(x-amz-.+|if-.+|range)$/;
/** Headers that describe a body; without one they talk to caches. */
const ofBody = /^(cache-control|expires|content-(type|encoding|language|disposition|md5))$/;

/** Of the SDK and the signature: every call carries them, and they mean nothing to a service. */
const ofTransport =
  /^x-amz-(date|content-sha256|security-token|user-agent|target|cf-id|meta-.+|decoded-content-length|trailer)$/;
/** Signature of a presigned URL, and the SDK's name of the call. */
const ofSignature =
  /^(x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|user-agent)|x-id)$/;

/** What a REST call was given: query parameters and meaningful headers, by their name in lower case. */
export const restParameters = (request: IncomingMessage, url: URL): Readonly<Record<string, string>> => {
  const hasBody = request.method === 'PUT' || request.method === 'POST';
  const query = [...url.searchParams].filter(([name]) => !ofSignature.test(name.toLowerCase()));
  const headers = Object.entries(request.headers)
    .filter(([name]) => (ofCall.test(name) || (hasBody && ofBody.test(name))) && !ofTransport.test(name))
    .map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries([...query, ...headers]);
};
