import { type Clock, pause, timestampOf } from '#core/clock.ts';
import type { Log } from '#core/log.ts';
import { alarmNames } from '#core/org/resource-names.ts';
import { type AlarmEvent, type AlarmNotice, alarmNotices } from '#core/promotion/alarm-notice.ts';
import type { AlarmReader } from '#core/promotion/alarm-reader.ts';
import { type Confirmation, notAbout } from '#core/promotion/judge-alarm.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import type { CallRecords } from '#core/session/call-records.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import { abortOnEvidence, type AbortOnEvidencePorts } from './abort-on-evidence.ts';
import { candidateHasCalls } from './confirm-suspicion.ts';

export type AnswerAlarmsPorts = AbortOnEvidencePorts & {
  readonly promotions: Pick<PromotionStore, 'get'>;
  readonly heads: Pick<HeadStore, 'list' | 'read'>;
  readonly calls: CallRecords;
  readonly services: ServiceSettings;
  readonly alarms: AlarmReader;
  /** Asks the judge; answers within seconds, and never rejects. */
  readonly confirm: (head: Head, candidate: Candidate) => Promise<Confirmation>;
  readonly clock: Clock;
};

export interface AlarmsAnswered {
  readonly flipped: number;
  /** The judge has said no to them, for now. */
  readonly refused: number;
  /** They were not about a canary that runs. */
  readonly discarded: number;
}

/** Evidence grows with every call: after a no the judge is asked again so soon, */
const lookEveryMs = 2_000;
/** and for so long: until the schedule, which looks at alarms that are still on each minute, has begun to ask. */
const lookForMs = 65_000;
/** Records this old say nothing about the minute that the alarm of a silent candidate judged. */
const recentMs = 180_000;

/**
 * The path of last resort: an alarm, directly or through its topic, takes the candidate's exposure back with one write, once the judge
 * confirms it or cannot be asked. The same alarm twice flips once; a late one flips nothing. An alarm that the judge refused and that
 * stays on would never be heard of again, since alarms act on a change only, so a schedule asks for those that are on.
 */
export const answerAlarms =
  (ports: AnswerAlarmsPorts) =>
  async (event: AlarmEvent): Promise<AlarmsAnswered> => {
    const notices = event.source === 'aws.events' ? await alarmsThatAreOn(ports) : alarmNotices(event);
    const outcomes = (await Promise.all(notices.map((notice) => answerAlarm(ports, notice)))).flat();
    const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
    return { flipped: count('flipped'), refused: count('refused'), discarded: count('discarded') };
  };

type Outcome = 'flipped' | 'refused' | 'discarded';

/** The alarms of services with a canary; without one nothing is asked of CloudWatch. */
const alarmsThatAreOn = async ({
  heads,
  services,
  alarms,
  clock,
}: AnswerAlarmsPorts): Promise<readonly AlarmNotice[]> => {
  const found = await Promise.all(
    services.map(async ({ name }) => {
      if (!(await heads.list(name)).some(({ candidate }) => candidate)) return [];
      const { candidateWorse, candidateSilent } = alarmNames(name);
      return alarms.inAlarm([candidateWorse, candidateSilent]);
    }),
  );
  return found
    .flat()
    .map((alarmName) => ({ alarmName, isAlarm: true, changedMs: clock.now(), reason: 'it is still in ALARM' }));
};

const answerAlarm = async (ports: AnswerAlarmsPorts, notice: AlarmNotice): Promise<readonly Outcome[]> => {
  const service = ports.services.find(({ name }) => {
    const { candidateWorse, candidateSilent } = alarmNames(name);
    return notice.alarmName === candidateWorse || notice.alarmName === candidateSilent;
  })?.name;
  if (service === undefined) return [discard(ports.log, notice, 'it is no alarm of a canary of this org')];
  const heads = await ports.heads.list(service);
  const answers = await Promise.all(
    heads.flatMap((head) => (head.candidate ? [answerForHead(ports, notice, head, head.candidate)] : [])),
  );
  if (answers.length > 0) return answers;
  return [discard(ports.log, notice, 'no canary runs: the promotion that it was about is over')];
};

const discard = (log: Log, { alarmName }: AlarmNotice, reason: string): Outcome => {
  log.warn('alarm-discarded', { alarm: alarmName, reason });
  return 'discarded';
};

const answerForHead = async (
  ports: AnswerAlarmsPorts,
  notice: AlarmNotice,
  seen: Head,
  candidate: Candidate,
): Promise<Outcome> => {
  const { clock, log } = ports;
  const why = notAbout(notice, candidate, clock.now());
  if (why !== undefined) return discard(log, notice, why);
  for (const untilMs = clock.now() + lookForMs; ;) {
    const answer = await confirmed(ports, notice, seen, candidate);
    if (answer.kind !== 'not-worse') return flip(ports, notice, { head: seen, candidate, answer });
    if (clock.now() + lookEveryMs > untilMs) {
      log.warn('alarm-refused', { alarm: notice.alarmName, reason: answer.reason });
      return 'refused';
    }
    await pause(clock, lookEveryMs);
    const head = await ports.heads.read(seen.service, seen.set);
    if (head?.candidate?.promotionId !== candidate.promotionId)
      return discard(log, notice, 'the promotion that it was about is over');
  }
};

/** A candidate that is said to be silent is asked for its records: hosts may have lost their metrics only. */
const confirmed = async (
  ports: AnswerAlarmsPorts,
  { alarmName }: AlarmNotice,
  head: Head,
  candidate: Candidate,
): Promise<Confirmation> => {
  if (alarmName !== alarmNames(head.service).candidateSilent) return ports.confirm(head, candidate);
  try {
    return (await candidateHasCalls(ports, head, candidate, ports.clock.now() - recentMs))
      ? { kind: 'not-worse', reason: 'the candidate took calls lately' }
      : { kind: 'worse', reason: 'calls were sent to the candidate, and none has a record' };
  } catch (error) {
    ports.log.error('records-unreadable', { error: error instanceof Error ? error : String(error) });
    return { kind: 'cannot-answer', reason: 'the records cannot be read' };
  }
};

interface Suspected {
  readonly head: Head;
  readonly candidate: Candidate;
  readonly answer: Confirmation;
}

const flip = async (
  ports: AnswerAlarmsPorts,
  { alarmName: alarm, changedMs, reason }: AlarmNotice,
  { head, candidate, answer }: Suspected,
): Promise<Outcome> => {
  const at = timestampOf(ports.clock.now());
  const judged = { kind: answer.kind, reason: answer.reason };
  const isFlipped = await abortOnEvidence(ports)(head, candidate, {
    at,
    reason: answer.kind === 'worse' ? `alarm ${alarm}: ${answer.reason}` : `alarm ${alarm}: ${reason}`,
    record: { alarm, changedAt: timestampOf(changedMs), reason, judged },
    by: `alarm:${alarm}`,
    logFields: { alarm, judged: judged.kind },
  });
  return isFlipped ? 'flipped' : 'discarded';
};
