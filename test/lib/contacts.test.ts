import { describe, expect, test } from 'vitest';
import { OrgStage } from '#lib/stages/org-stage.ts';
import { anApp, anOrg, resourcesOf, synthOrg } from './synth-org.ts';

const contacts = [
  { email: 'on-call@acme.example' },
  { sms: '+15550100' },
  { url: 'https://pager.acme.example/in?key=1' },
];

describe('contacts of an org', () => {
  test('are subscribed to its pages, each by its own way', () => {
    const subscriptions = resourcesOf(synthOrg(anOrg({ contacts })).stateful)
      .filter(([, { Type }]) => Type === 'AWS::SNS::Subscription')
      .map(([, { Properties }]) => Properties);
    expect(subscriptions.map((one) => [one?.['Protocol'], one?.['Endpoint']])).toEqual([
      ['email', 'on-call@acme.example'],
      ['sms', '+15550100'],
      ['https', 'https://pager.acme.example/in?key=1'],
    ]);
    for (const one of subscriptions) expect(JSON.stringify(one?.['TopicArn'])).toContain('Pages');
  });

  test('are what a production org does not synthesize without; the error names its file and what to add', () => {
    const stage = () => {
      const app = anApp();
      return new OrgStage(app, 'acme-test', { org: anOrg({ contacts: [] }) });
    };
    expect(stage).toThrow(/orgs\/acme-test\.yaml: .* would reach nobody\. [^]*contacts:\n {4}- email:/);
  });

  test('may be none while an org is staging', () => {
    const { stateful } = synthOrg(anOrg({ stage: 'staging', contacts: [] }));
    expect(resourcesOf(stateful).filter(([, { Type }]) => Type === 'AWS::SNS::Subscription')).toEqual([]);
  });

  test.each([
    ['two ways at once', { email: 'a@acme.example', sms: '+15550100' }],
    ['no address', { email: 'on-call' }],
    ['a number without its country', { sms: '5550100' }],
    ['an endpoint in the clear', { url: 'http://pager.acme.example' }],
    ['an unknown way', { pigeon: 'white' }],
  ])('are refused with %s', (_what, contact) => {
    expect(() => anOrg({ contacts: [contact] })).toThrow(/contacts/);
  });
});
