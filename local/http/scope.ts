import type { IncomingHttpHeaders } from 'node:http';

/** Where a call belongs: every state of the embedded cloud is kept per account and region. */
export interface Scope {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
}

/** One key per account and region, also used as a folder name. */
export const scopeKey = (scope: Scope): string => `${scope.account}.${scope.region}`;

/** The account of credentials that name none. */
export const anonymousAccount = '000000000000';

const defaultRegion = 'us-east-1';

export interface SignedScope extends Scope {
  /** Service of the signature (`s3`, `sts`, ...); empty for an unsigned request. */
  readonly service: string;
}

const fromCredential = (credential: string | undefined): SignedScope => {
  const [accessKey = '', , region = '', service = ''] = (credential ?? '').split('/');
  return {
    account: /^\d{12}$/.test(accessKey) ? accessKey : anonymousAccount,
    region: region === '' ? defaultRegion : region,
    service,
  };
};

/**
 * Account, region and service from the request's SigV4 credential scope: `Credential=<access key>/<date>/<region>/<service>/aws4_request`
 * in the Authorization header, or `X-Amz-Credential` of a presigned URL. An access key of 12 digits is the account.
 * Signatures are not verified: whoever reaches the loopback port may act.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export const signedScope = (headers: IncomingHttpHeaders, url: URL): SignedScope => {
  const match = /Credential=([^,\s]+)/.exec(headers.authorization ?? '');
  return fromCredential(match?.[1] ?? url.searchParams.get('X-Amz-Credential') ?? undefined);
};
