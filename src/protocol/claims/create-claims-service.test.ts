import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import type { ClaimsContext, ClaimsSource } from '../../ports/claims-source.ts';
import { noEvents } from '../../ports/events.ts';
import { noMetrics } from '../../ports/metrics.ts';
import { createClaimsService } from './create-claims-service.ts';
import { claimsProperties } from './properties.ts';
import { scopeClaims } from './scope-claims.ts';

const context: ClaimsContext = {
  issuer: 'https://op.example.com',
  clientId: 'c',
  scope: ['openid'],
  transport: 'userinfo',
  claimsData: undefined,
};

interface FakeSource extends ClaimsSource {
  readonly asked: (readonly string[])[];
}

function source(name: string, supportedClaims: readonly string[], answer: JsonObject | undefined | Error): FakeSource {
  const asked: (readonly string[])[] = [];
  return {
    name,
    supportedClaims,
    asked,
    getClaims: async (_subject, names) => {
      asked.push(names);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

function service(...sources: ClaimsSource[]) {
  return createClaimsService({ sources, scopeMap: scopeClaims(new Map()), metrics: noMetrics, events: noEvents });
}

describe('claimsOf', () => {
  test('asks each source for what it supports and merges the answers', async () => {
    const a = source('a', ['email', 'https://a.example/*'], { email: 'alice@example.com', 'https://a.example/x': 1 });
    const b = source('b', ['name'], { name: 'Alice', 'name#bg': 'Алиса' });
    const c = source('c', ['phone_number'], { phone_number: '1' });
    const claims = await service(a, b, c).claimsOf(
      'alice',
      ['email', 'name', 'https://a.example/x', 'unknown'],
      [],
      context,
    );
    expect(claims).toStrictEqual({
      email: 'alice@example.com',
      'https://a.example/x': 1,
      name: 'Alice',
      'name#bg': 'Алиса',
    });
    expect(a.asked).toStrictEqual([['email', 'https://a.example/x']]);
    expect(b.asked).toStrictEqual([['name']]);
    expect(c.asked).toStrictEqual([]);
  });

  test('drops what was not asked for, and sub always', async () => {
    const all = source('a', ['*'], { sub: 'mallory', name: 'Alice', email: 'a@example.com', 'family_name#de': 'X' });
    expect(await service(all).claimsOf('alice', ['sub', 'name', 'family_name#de'], [], context)).toStrictEqual({
      name: 'Alice',
      'family_name#de': 'X',
    });
  });

  test('an answer for one source’s claims does not set another’s', async () => {
    const a = source('a', ['name'], { name: 'Alice', email: 'evil@example.com' });
    const b = source('b', ['email'], { email: 'alice@example.com' });
    expect(await service(b, a).claimsOf('alice', ['name', 'email'], [], context)).toStrictEqual({
      name: 'Alice',
      email: 'alice@example.com',
    });
  });

  test('a claim without value is left out', async () => {
    const all = source('a', ['*'], {
      name: 'Alice',
      nickname: null,
      email_verified: false,
      updated_at: 0,
      website: '',
    });
    const names = ['name', 'nickname', 'email_verified', 'updated_at', 'website'];
    const claims = await service(all).claimsOf('alice', names, [], context);
    expect(claims).toStrictEqual({ name: 'Alice', email_verified: false, updated_at: 0, website: '' });
  });

  test('an unknown subject has no claims', async () => {
    expect(await service(source('a', ['*'], undefined)).claimsOf('bob', ['name'], [], context)).toStrictEqual({});
  });

  test('no names, no question', async () => {
    const all = source('a', ['*'], { name: 'Alice' });
    expect(await service(all).claimsOf('alice', ['sub'], [], context)).toStrictEqual({});
    expect(all.asked).toStrictEqual([]);
  });

  test('asks in parallel', async () => {
    let arrived = 0;
    let open = () => {};
    const both = new Promise<void>((resolve) => {
      open = resolve;
    });
    const meeting = (name: string): ClaimsSource => ({
      name,
      supportedClaims: [name],
      getClaims: async () => {
        if (++arrived === 2) open();
        await both;
        return { [name]: true };
      },
    });
    const claims = await service(meeting('a'), meeting('b')).claimsOf('alice', ['a', 'b'], [], context);
    expect(claims).toStrictEqual({ a: true, b: true });
  });

  test('rejects with the error of a source that fails', async () => {
    const sources = [source('a', ['name'], { name: 'Alice' }), source('b', ['email'], new Error('down'))];
    await expect(service(...sources).claimsOf('alice', ['name', 'email'], [], context)).rejects.toThrow('down');
  });

  test('takes over aggregated and distributed claims that were asked for', async () => {
    const a = source('a', ['*'], {
      _claim_names: { credit: 's1', address: 's2', broken: 's3' },
      _claim_sources: { s1: { endpoint: 'https://s1.example' }, s2: { JWT: 'x' } },
    });
    expect(await service(a).claimsOf('alice', ['credit', 'broken'], [], context)).toStrictEqual({
      _claim_names: { credit: 's1' },
      _claim_sources: { s1: { endpoint: 'https://s1.example' } },
    });
  });

  test('never answers a member that was not asked for, whatever the source answers', async () => {
    const name = fc.oneof(fc.constantFrom('name', 'name#bg', 'email', 'sub', '__proto__', 'constructor'), fc.string());
    const answers = fc.dictionary(name, fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(answers, fc.array(name), async (answer, names) => {
        const parsed: JsonObject = JSON.parse(JSON.stringify(answer));
        const claims = await service(source('a', ['*'], parsed)).claimsOf('alice', names, [], context);
        expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
        const allowed = (key: string) => names.includes(key) || names.includes(key.split('#')[0] ?? '');
        const strays = Object.keys(claims).filter((key) => key === 'sub' || !allowed(key));
        return strays.length === 0;
      }),
    );
  });
});

describe('sources with a claim in common', () => {
  test.each([
    [['email'], ['email']],
    [['*'], ['email']],
    [['email'], ['*']],
    [['https://a.example/*'], ['https://a.example/x']],
    [['https://a.example/*'], ['https://a.*']],
  ])('%j and %j are refused with OP7004', (a, b) => {
    expect(() => service(source('first', a, {}), source('second', b, {}))).toThrow(/OP7004.*first and second/);
  });

  test('neighbours are not', () => {
    expect(() => service(source('a', ['email', 'a*'], {}), source('b', ['email_verified', 'b*'], {}))).not.toThrow();
    expect(service(source('a', ['email'], {})).claimsOfScope(['email'])).toContain('email_verified');
  });
});

describe('claimsOfScope', () => {
  test('expands the standard values, each claim once', () => {
    expect(service().claimsOfScope(['openid', 'email', 'phone', 'email'])).toStrictEqual([
      'email',
      'email_verified',
      'phone_number',
      'phone_number_verified',
    ]);
    expect(service().claimsOfScope(['profile'])).toHaveLength(14);
    expect(service().claimsOfScope(['constructor', 'openid'])).toStrictEqual([]);
  });

  test('op.claims.map adds and replaces', () => {
    const map = new Map([
      ['org', 'groups, roles roles'],
      ['email', 'email'],
    ]);
    const claims = createClaimsService({
      sources: [],
      scopeMap: scopeClaims(map),
      metrics: noMetrics,
      events: noEvents,
    });
    expect(claims.claimsOfScope(['org', 'email'])).toStrictEqual(['groups', 'roles', 'email']);
  });

  test('op.claims.map refuses prefixes, everything, no scope and no claims', () => {
    expect(() => claimsProperties.map.parse('id_token:email')).toThrow('id_token:');
    expect(() => claimsProperties.map.parse('email, access_token:roles')).toThrow('access_token:');
    expect(() => claimsProperties.map.parse('email *')).toThrow('plain claim names');
    expect(() => scopeClaims(new Map([['', 'email']]))).toThrow('op.claims.map.<scope value>');
    expect(() => scopeClaims(new Map([['org', 'sub']]))).toThrow('op.claims.map.org');
  });
});
