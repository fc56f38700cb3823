import { describe, expect, test } from 'vitest';
import { isLastgoodError } from '#core/errors.ts';
import { Template } from '#local/deploy/assembly.ts';
import { type ResolveContext, isConditionTrue, references, resolve } from '#local/deploy/intrinsics.ts';

const context: ResolveContext = {
  template: Template.parse({
    Parameters: {
      Size: { Type: 'Number', Default: 3 },
      Open: { Type: 'String' },
      BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/x/version' },
    },
    Mappings: { Zones: { eu: { first: 'eu-central-1' } } },
    Conditions: {
      IsBig: { 'Fn::Equals': [{ Ref: 'Size' }, 3] },
      IsSmall: { 'Fn::Not': [{ Condition: 'IsBig' }] },
      Both: { 'Fn::And': [{ Condition: 'IsBig' }, { 'Fn::Or': [{ Condition: 'IsSmall' }, { Condition: 'IsBig' }] }] },
    },
    Resources: {},
  }),
  account: '111111111111',
  region: 'us-east-1',
  stackName: 'lastgood-stateful',
  ref: (id) => ({ Table: 'registry' })[id],
  attribute: (id, name) => (id === 'Table' ? { Arn: 'arn:table', 'Nested.Name': 'n' }[name] : undefined),
  importValue: (name) => ({ 'other:Export': 'imported' })[name],
};

describe('intrinsics', () => {
  test.each<[unknown, unknown]>([
    [{ Ref: 'Table' }, 'registry'],
    [{ Ref: 'AWS::AccountId' }, '111111111111'],
    [{ Ref: 'Size' }, 3],
    [{ Ref: 'BootstrapVersion' }, '999'],
    [{ 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:table'],
    [{ 'Fn::GetAtt': 'Table.Nested.Name' }, 'n'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] }, 'a-us-east-1'],
    [{ 'Fn::Sub': '${Table}@${AWS::Region}/${Table.Arn} ${!literal}' }, 'registry@us-east-1/arn:table ${literal}'],
    [{ 'Fn::Sub': ['${name}', { name: { Ref: 'Table' } }] }, 'registry'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::ImportValue': 'other:Export' }, 'imported'],
    [{ 'Fn::If': ['IsBig', 'yes', 'no'] }, 'yes'],
    [{ 'Fn::FindInMap': ['Zones', 'eu', 'first'] }, 'eu-central-1'],
    [{ 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b', 'us-east-1c']],
    [{ 'Fn::Base64': 'hi' }, 'aGk='],
    [
      {
        a: [{ Ref: 'AWS::NoValue' }, 1],
        b: { Ref: 'AWS::NoValue' },
        c: { 'Fn::If': ['IsSmall', 'x', { Ref: 'AWS::NoValue' }] },
      },
      { a: [1] },
    ],
    [
      { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ],
  ])('%j', (value, expected) => {
    expect(resolve(context, value)).toEqual(expected);
  });

  test('evaluate conditions', () => {
    expect([
      isConditionTrue(context, 'IsBig'),
      isConditionTrue(context, 'IsSmall'),
      isConditionTrue(context, 'Both'),
    ]).toEqual([true, false, true]);
  });

  test.each([
    [{ 'Fn::Transform': {} }, /intrinsic Fn::Transform is not supported/],
    [{ 'Fn::Cidr': ['10.0.0.0/16', 2, 8] }, /intrinsic Fn::Cidr is not supported/],
    [{ Ref: 'Gone' }, /Ref Gone names no resource/],
    [{ Ref: 'Open' }, /parameter Open has no default/],
    [{ 'Fn::GetAtt': ['Table', 'Colour'] }, /Table\.Colour: the embedded cloud does not know this attribute/],
    [{ 'Fn::ImportValue': 'nobody' }, /no stack of this account and region exports it/],
    [{ 'Fn::Join': ['-', 'text'] }, /Fn::Join needs a list/],
    [{ 'Fn::Select': [5, ['a']] }, /there is no item 5/],
    [{ 'Fn::If': ['Unknown', 1, 2] }, /condition Unknown is not defined/],
  ])('refuses %j', (value, message) => {
    const error: unknown = (() => {
      try {
        return resolve(context, value);
      } catch (caught) {
        return caught;
      }
    })();
    expect(isLastgoodError(error, 'unsupported-resource')).toBe(true);
    expect(String(error)).toMatch(message);
  });

  test('name what a value refers to', () => {
    expect(
      references({
        a: { Ref: 'X' },
        b: [{ 'Fn::GetAtt': ['Y', 'Arn'] }],
        c: { 'Fn::Sub': ['${Z.Arn}-${v}-${!no}', { v: { Ref: 'W' } }] },
      }).filter((id) => id !== 'v'),
    ).toEqual(['X', 'Y', 'Z', 'W']);
  });
});
