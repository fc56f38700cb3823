import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { LastgoodError } from '#core/errors.ts';
import {
  type Evidence,
  type Quarantine,
  type ReleaseEvidence,
  storedEvidence,
  storedQuarantine,
} from '#core/evidence/release-evidence.ts';
import { type ReleaseId, shortId } from '#core/words/digest.ts';
import type { Timestamp } from '#core/words/time.ts';
import { putOnce, queryItems, recordIn, type Table, updateIf } from './dynamodb.ts';

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

const attach = async (registry: Table, releaseId: ReleaseId, evidence: Evidence): Promise<boolean> => {
  const { kind, id } = storedEvidence.write(evidence, 'the evidence');
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
    found.push(storedEvidence.read(item['evidence'], `evidence of release ${shortId(releaseId)}`));
  return found;
};

const putQuarantine = async (
  registry: Table,
  releaseId: ReleaseId,
  quarantine: Pick<Quarantine, 'reason' | 'promotionId' | 'at' | 'by'>,
): Promise<boolean> => {
  const what = `the quarantine of release ${shortId(releaseId)}`;
  const { reason, promotionId, at, by } = storedQuarantine.write(quarantine, what);
  return updateIf(registry, {
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
};

const quarantineOf = async ({ documents, name }: Table, releaseId: ReleaseId): Promise<Quarantine | undefined> => {
  const { Item } = await documents.send(
    new GetCommand({ TableName: name, Key: quarantineKey(releaseId), ConsistentRead: true }),
  );
  return Item && storedQuarantine.read(recordIn(Item), `the quarantine of release ${shortId(releaseId)}`);
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
