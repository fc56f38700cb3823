import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { type ReleaseId, shortId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';
import { Timestamp } from '#core/words/time.ts';
import { putOnce, queryItems, type Table, updateIf } from './dynamodb.ts';

/** What is known about a release beside what it is: eval reports, approvals, replay reports, overrides. */
export const Evidence = z
  .strictObject({
    /** `evals`, `approval`, `replay`, `override` */
    kind: z.string().regex(/^[a-z][a-z-]{0,31}$/, 'a kind of evidence is kebab-case'),
    /** Unique within its kind and release. */
    id: z.string().min(1).max(128),
    at: Timestamp,
    by: z.string().min(1).max(256),
    passed: z.boolean(),
    /** One line for people. */
    summary: z.string().max(500),
    /** The report itself, or where it is by digest. */
    report: z.json(),
  })
  .readonly();

export type Evidence = z.infer<typeof Evidence>;

export const Quarantine = z
  .strictObject({
    reason: z.string().min(1).max(2_000),
    promotionId: PromotionId.optional(),
    at: Timestamp,
    by: z.string().min(1).max(256),
    overriddenAt: Timestamp.optional(),
    overriddenBy: z.string().optional(),
    overrideReason: z.string().optional(),
  })
  .readonly();

export type Quarantine = z.infer<typeof Quarantine>;

export interface ReleaseEvidence {
  /** Attaches evidence; the same kind and id again changes nothing. @returns false when it was there */
  readonly attach: (releaseId: ReleaseId, evidence: Evidence) => Promise<boolean>;
  /** By kind and id. @param kind @default - every kind */
  readonly list: (releaseId: ReleaseId, kind?: string) => Promise<readonly Evidence[]>;
  /**
   * Bars a release from going before callers (R9). One that is barred stays as it is; one whose bar was overridden is
   * barred again, unless this is the same promotion's quarantine told twice.
   * @returns false when nothing changed
   */
  readonly quarantine: (
    releaseId: ReleaseId,
    quarantine: Pick<Quarantine, 'reason' | 'promotionId' | 'at' | 'by'>,
  ) => Promise<boolean>;
  readonly quarantineOf: (releaseId: ReleaseId) => Promise<Quarantine | undefined>;
  /**
   * Lifts a quarantine, and attaches that as evidence for good.
   * @throws LastgoodError `not-found` when the release is not quarantined
   */
  readonly override: (
    releaseId: ReleaseId,
    override: { readonly at: Timestamp; readonly by: string; readonly reason: string },
  ) => Promise<void>;
}

const maxEvidence = 1_000;

const pk = (releaseId: string) => `RELEASE#${releaseId}`;

const quarantineKey = (releaseId: string) => ({ pk: pk(releaseId), sk: 'QUARANTINE' });

export const releaseEvidence = (registry: Table): ReleaseEvidence => ({
  attach: (releaseId, evidence) => attach(registry, releaseId, evidence),
  list: (releaseId, kind) => list(registry, releaseId, kind),
  quarantine: (releaseId, quarantine) => putQuarantine(registry, releaseId, quarantine),
  quarantineOf: (releaseId) => quarantineOf(registry, releaseId),
  override: (releaseId, override) => overrideQuarantine(registry, releaseId, override),
});

const attach = (registry: Table, releaseId: ReleaseId, evidence: Evidence): Promise<boolean> => {
  const { kind, id } = parseOrThrow(Evidence, evidence, 'the evidence');
  return putOnce(registry, { pk: pk(releaseId), sk: `EVIDENCE#${kind}#${id}`, evidence });
};

const list = async (registry: Table, releaseId: ReleaseId, kind?: string): Promise<readonly Evidence[]> => {
  const found: Evidence[] = [];
  const items = queryItems(
    registry,
    {
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :kind)',
      ExpressionAttributeValues: {
        ':pk': pk(releaseId),
        ':kind': kind === undefined ? 'EVIDENCE#' : `EVIDENCE#${kind}#`,
      },
      ConsistentRead: true,
    },
    { items: maxEvidence },
  );
  for await (const item of items)
    found.push(parseOrThrow(Evidence, item['evidence'], `evidence of release ${shortId(releaseId)}`, 'internal'));
  return found;
};

const putQuarantine = (
  registry: Table,
  releaseId: ReleaseId,
  { reason, promotionId, at, by }: Pick<Quarantine, 'reason' | 'promotionId' | 'at' | 'by'>,
): Promise<boolean> =>
  updateIf(registry, {
    Key: quarantineKey(releaseId),
    UpdateExpression:
      'SET #reason = :reason, #at = :at, #by = :by' +
      `${promotionId === undefined ? '' : ', promotionId = :promotion'} ` +
      `REMOVE overriddenAt, overriddenBy, overrideReason${promotionId === undefined ? ', promotionId' : ''}`,
    ConditionExpression:
      'attribute_not_exists(pk) OR (attribute_exists(overriddenAt) AND overriddenAt < :at' +
      `${promotionId === undefined ? '' : ' AND (attribute_not_exists(promotionId) OR promotionId <> :promotion)'})`,
    ExpressionAttributeNames: { '#reason': 'reason', '#at': 'at', '#by': 'by' },
    ExpressionAttributeValues: {
      ':reason': reason,
      ':at': at,
      ':by': by,
      ...(promotionId !== undefined && { ':promotion': promotionId }),
    },
  });

const quarantineOf = async ({ documents, name }: Table, releaseId: ReleaseId): Promise<Quarantine | undefined> => {
  const { Item } = await documents.send(
    new GetCommand({ TableName: name, Key: quarantineKey(releaseId), ConsistentRead: true }),
  );
  if (Item === undefined) return undefined;
  const { pk: _pk, sk: _sk, ...quarantine } = Item;
  return parseOrThrow(Quarantine, quarantine, `the quarantine of release ${shortId(releaseId)}`, 'internal');
};

const overrideQuarantine = async (
  registry: Table,
  releaseId: ReleaseId,
  { at, by, reason }: { readonly at: Timestamp; readonly by: string; readonly reason: string },
): Promise<void> => {
  const barred = await quarantineOf(registry, releaseId);
  if (barred === undefined)
    throw new LastgoodError('not-found', `release ${shortId(releaseId)} is not quarantined here: nothing to override`);
  // The evidence first: a lifted quarantine must never stand without the record of who lifted it.
  const report = { quarantinedAt: barred.at, quarantinedBy: barred.by, quarantineReason: barred.reason };
  await attach(registry, releaseId, {
    kind: 'override',
    id: at,
    at,
    by,
    passed: true,
    summary: reason.slice(0, 500),
    report,
  });
  await registry.documents.send(
    new UpdateCommand({
      TableName: registry.name,
      Key: quarantineKey(releaseId),
      UpdateExpression: 'SET overriddenAt = :at, overriddenBy = :by, overrideReason = :reason',
      ExpressionAttributeValues: { ':at': at, ':by': by, ':reason': reason },
    }),
  );
};
