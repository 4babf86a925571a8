import { describe, expect, test } from 'vitest';
import { type ManagedKey, type RotationRules, standings, withHolds, withSuccessors } from '../crypto/key-schedule.ts';
import type { Jwk } from '../domain/jwk.ts';
import { listedKeys, rotationText } from './key-texts.ts';

const at = (date: string) => Date.parse(`${date}T00:00:00Z`) / 1000;
const rules: RotationRules = { lead: 3600, retention: at('2030-01-31') - at('2030-01-01') - 3600, maxAge: 0 };
const now = at('2030-01-01');
const rsa = (kid: string): Jwk => ({ kty: 'RSA', use: 'sig', kid, n: 'n', e: 'AQAB', d: 'd' });
const ec = (kid: string): Jwk => ({ kty: 'EC', crv: 'P-256', use: 'sig', kid, x: 'x', y: 'y', d: 'd' });
const inUse = (jwk: Jwk): ManagedKey => ({
  jwk,
  created: at('2029-01-01'),
  usedFrom: 0,
  removedFrom: undefined,
  heldUntil: undefined,
});
const held = (until: string) => withHolds([inUse(rsa('a')), inUse(ec('b'))], new Map([['a', at(until)]]), now);
const list = (keys: readonly ManagedKey[], time: number) =>
  listedKeys({ now: time, rules, keys: standings(keys, time) });

describe('a key that is held for long tokens', () => {
  test('is listed with the end of it, in use and superseded, and no other is', () => {
    const keys = held('2031-05-05');
    const text = 'held until 2031-05-05T00:00:00Z by tokens that live so long';
    expect(list(keys, now)).toMatch(new RegExp(`^a .*in use since 2029-01-01T00:00:00Z, ${text}`));
    const rotated = withSuccessors(keys, [rsa('c'), ec('d')], now, rules);
    const listed = list(rotated, at('2030-01-02'));
    expect(listed).toMatch(new RegExp(`^a .*superseded, removed from 2031-05-05T00:00:00Z, ${text}`, 'm'));
    expect(listed).toMatch(/^b .*superseded, removed from 2030-01-31T00:00:00Z {2}/m);
    expect(listed.split('held')).toHaveLength(2);
  });

  test('is not listed so when the hold is over, or ends before the key goes anyway', () => {
    expect(list(held('2030-01-02'), at('2030-01-02'))).not.toContain('held');
    const rotated = withSuccessors(held('2030-01-20'), [rsa('c')], now, rules);
    expect(list(rotated, at('2030-01-02'))).not.toContain('held');
  });

  test('is named by a rotation', () => {
    const keys = withSuccessors(held('2031-05-05'), [rsa('c'), ec('d')], now, rules);
    const [replaced, successors] = [keys.slice(0, 2), keys.slice(2)];
    const text = rotationText({ now, rules, keys: standings(keys, now), replaced, successors });
    expect(text).toContain('valid until 2030-01-31T00:00:00Z (keyStore.rotation.retention), and are removed then.\n');
    expect(text).toContain('\na stays until 2031-05-05T00:00:00Z, held by tokens that live so long.\n');
    expect(text).not.toContain('\nb stays');
  });
});
