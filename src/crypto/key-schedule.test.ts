import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Jwk } from '../domain/jwk.ts';
import { defaultsOf } from '../testing/defaults.ts';
import {
  inOrder,
  type ManagedKey,
  nextChange,
  overdue,
  type RotationRules,
  replaceable,
  standings,
  withHolds,
  withoutGone,
  withoutKey,
  withSuccessors,
} from './key-schedule.ts';
import { keyProperties } from './properties.ts';
import { rotationRules } from './rotation-rules.ts';

const rules: RotationRules = { lead: 100, retention: 1000, maxAge: 0 };
const key = (kid: string, members: Partial<Jwk> = {}): Jwk => ({
  kty: 'RSA',
  use: 'sig',
  kid,
  d: 'secret',
  ...members,
});
const oct = (kid: string): Jwk => ({ kty: 'oct', use: 'sig', kid, k: 'A'.repeat(43) });
const inUse = (jwk: Jwk): ManagedKey => ({
  jwk,
  created: 0,
  usedFrom: 0,
  removedFrom: undefined,
  heldUntil: undefined,
});
const states = (keys: readonly ManagedKey[], now: number) =>
  Object.fromEntries(standings(keys, now).map((standing) => [standing.key.jwk.kid, standing.state]));

describe('a rotation', () => {
  const rotated = withSuccessors([inUse(key('old'))], [key('new')], 1000, rules);

  test.each([
    [1000, { old: 'current', new: 'next' }],
    [1099, { old: 'current', new: 'next' }],
    [1100, { old: 'superseded', new: 'current' }],
    [2099, { old: 'superseded', new: 'current' }],
    [2100, { new: 'current' }],
  ])('at %d', (now, expected) => {
    expect(states(rotated, now)).toEqual(expected);
    expect(inOrder(rotated, now)[0]?.jwk.kid).toBe(now < 1100 ? 'old' : 'new');
  });

  test('tells when something changes next', () => {
    expect([1000, 1099, 1100, 2100].map((now) => nextChange(rotated, now))).toEqual([1100, 1100, 2100, Infinity]);
  });

  test('of keys whose things may live without end keeps the old ones', () => {
    const names = ['hmac', 'refresh-token-encrypt'];
    for (const name of names) {
      const keys = withSuccessors([inUse(oct(name))], [oct(`${name}.abcd`)], 1000, rules);
      expect(states(keys, 1e12)).toEqual({ [name]: 'superseded', [`${name}.abcd`]: 'current' });
    }
  });

  test('leaves other roles alone', () => {
    const others = [
      inUse(key('ec', { kty: 'EC', crv: 'P-256' })),
      inUse(key('enc', { use: 'enc' })),
      inUse(oct('hmac')),
    ];
    const keys = withSuccessors([inUse(key('old')), ...others], [key('new')], 1000, rules);
    expect(states(keys, 5000)).toEqual({ new: 'current', ec: 'current', enc: 'current', hmac: 'current' });
  });

  test('is not offered while a successor waits, nor ever for pairwise subjects', () => {
    const keys = [...rotated, inUse(oct('subject-encrypt')), inUse(oct('hmac'))];
    const kids = (now: number) => replaceable(keys, now).map(({ jwk }) => jwk.kid);
    expect(kids(1050)).toEqual(['hmac']);
    expect(kids(1100)).toEqual(['new', 'hmac']);
  });

  test('serves a clock that is a little slow', () => {
    const [first] = withSuccessors([], [key('first')], 1000, rules);
    expect(states(first ? [first] : [], 10)).toEqual({ first: 'current' });
  });
});

test('keys are due at their age, and not before', () => {
  const aged = { ...rules, maxAge: 500 };
  const keys = [{ ...inUse(key('a')), created: 100 }, inUse(oct('subject-encrypt'))];
  expect(overdue(keys, 599, aged)).toEqual([]);
  expect(overdue(keys, 600, aged).map(({ jwk }) => jwk.kid)).toEqual(['a']);
  expect(overdue(keys, 600, rules)).toEqual([]);
});

describe('a key that is held', () => {
  const hold = (keys: readonly ManagedKey[], kid: string, until: number, now: number) =>
    withHolds(keys, new Map([[kid, until]]), now);
  const removal = (keys: readonly ManagedKey[], kid: string) => keys.find(({ jwk }) => jwk.kid === kid)?.removedFrom;
  const rotated = withSuccessors([inUse(key('old'))], [key('new')], 1000, rules);

  test.each([
    [9000, 9000],
    [2099, 2100],
  ])('until %d before a rotation goes at %d', (until, gone) => {
    const held = hold([inUse(key('old'))], 'old', until, 500);
    expect(removal(held, 'old')).toBeUndefined();
    const after = withSuccessors(held, [key('new')], 1000, rules);
    expect(states(after, gone - 1)).toMatchObject({ old: 'superseded' });
    expect(states(after, gone)).toEqual({ new: 'current' });
  });

  test('during the lead goes later, and is held by nothing less', () => {
    const held = hold(rotated, 'old', 9000, 1099);
    expect(removal(held, 'old')).toBe(9000);
    expect(hold(held, 'old', 8999, 1099)).toBe(held);
    expect(hold(held, 'old', 9000, 1099)).toBe(held);
    expect(removal(hold(held, 'old', 9001, 1099), 'old')).toBe(9001);
    expect(removal(hold(rotated, 'old', 1500, 1050), 'old')).toBe(2100);
  });

  test('is held through a rotation that is taken back, and the next one', async () => {
    const held = hold(rotated, 'old', 9000, 1050);
    const waiting = standings(held, 1050).find(({ state }) => state === 'next');
    if (!waiting) throw new Error('none waits');
    const back = await withoutKey(held, waiting, 1050, async () => key('fresh'));
    expect(removal(back, 'old')).toBeUndefined();
    expect(removal(withSuccessors(back, [key('next')], 2000, rules), 'old')).toBe(9000);
  });

  test('is not held when it is superseded, gone, or not there', () => {
    expect(hold(rotated, 'old', 9000, 1100)).toBe(rotated);
    expect(hold(rotated, 'old', 9000, 2100)).toBe(rotated);
    expect(hold(rotated, 'strange', 9000, 1000)).toBe(rotated);
  });
});

describe('to take out', () => {
  const rotated = withSuccessors([inUse(key('old'))], [key('new')], 1000, rules);
  const without = async (kid: string, now: number, keys = rotated) => {
    const standing = standings(keys, now).find((one) => one.key.jwk.kid === kid);
    if (!standing) throw new Error(`no ${kid}`);
    return withoutKey(keys, standing, now, async () => key('fresh'));
  };

  test('a key in use, the one that waits takes its place at once', async () => {
    expect(states(await without('old', 1000), 1000)).toEqual({ new: 'current' });
  });

  test('a key in use without one that waits, a fresh one takes its place at once', async () => {
    const keys = await without('new', 1500);
    expect(states(keys, 1500)).toEqual({ fresh: 'current', old: 'superseded' });
  });

  test('the key that waits, the one in use stays for good', async () => {
    const keys = await without('new', 1000);
    expect(states(keys, 1e12)).toEqual({ old: 'current' });
  });

  test('a superseded key, nothing else changes', async () => {
    expect(states(await without('old', 1200), 1200)).toEqual({ new: 'current' });
  });
});

describe('the times of a rotation', () => {
  const settings = (members: object) => ({ ...defaultsOf(keyProperties), ...members });

  test('are those of the configuration', () => {
    expect(rotationRules(settings({ rotationMaxAge: 90 }), 600)).toEqual({
      lead: 3600,
      retention: 2_592_000 + 123,
      maxAge: 7_776_000,
    });
  });

  test('are never so short that somebody would be surprised', () => {
    const hasty = settings({ rotationPublishAhead: 0, rotationRetention: 0, cacheLifetime: 300 });
    expect(rotationRules(hasty, 900)).toEqual({ lead: 603, retention: 1503, maxAge: 0 });
    expect(rotationRules({ ...hasty, cacheLifetime: -1 }, 900)).toMatchObject({ lead: 5, retention: 905 });
  });
});

/**
 * Any history of rotations, seen by processes that are each behind the store by up to their cache lifetime, and by clients that
 * keep what such a process published for as long again.
 */
test('whatever is signed can be verified, wherever and as long as it lives', () => {
  const part = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
  const step = fc.record({
    /** Near a time at which something changes, or anywhere. */
    wait: fc.tuple(
      fc.constantFrom<'lead' | 'retention' | 'any'>('lead', 'retention', 'any'),
      fc.integer({ min: 0, max: 400 }),
    ),
    /** How far behind the store signer, verifier and publisher are, as parts of what is allowed. */
    lags: fc.tuple(part, part, part),
    /** How long the client has kept what was published, and how old the token is, as parts of what is allowed. */
    age: part,
    life: part,
  });
  const configuration = fc.record({
    cacheLifetime: fc.integer({ min: -1, max: 120 }),
    longest: fc.integer({ min: 1, max: 900 }),
    rotationPublishAhead: fc.constantFrom(0, 30, 3600),
    rotationRetention: fc.constantFrom(0, 600),
  });
  fc.assert(
    fc.property(configuration, fc.array(step, { minLength: 1, maxLength: 25 }), ({ longest, ...properties }, steps) => {
      const settings = { ...defaultsOf(keyProperties), ...properties };
      const limits = rotationRules(settings, longest);
      const cache = Math.max(settings.cacheLifetime, 1);
      // A tick later than due at the latest.
      const behind = cache + 1;
      const versions: { readonly at: number; readonly keys: readonly ManagedKey[] }[] = [
        { at: 0, keys: [inUse(key('k0'))] },
      ];
      const stored = (now: number) => versions.findLast(({ at }) => at <= now)?.keys ?? [];
      const seen = (now: number, lag: number) => stored(Math.max(now - Math.round(lag * behind), 0));
      const signerAt = (now: number, lag: number) => inOrder(seen(now, lag), now)[0]?.jwk.kid;
      const kids = (keys: readonly ManagedKey[], now: number) => inOrder(keys, now).map(({ jwk }) => jwk.kid);

      let now = 1;
      for (const [index, { wait, lags, age, life }] of steps.entries()) {
        const [signer, verifier, publisher] = lags;
        if (replaceable(stored(now), now).length > 0) {
          const kept = withoutGone(stored(now), now);
          versions.push({ at: now, keys: withSuccessors(kept, [key(`k${index + 1}`)], now, limits) });
        }
        const [near, more] = wait;
        now += near === 'any' ? more + 1 : limits[near] + (more % 3);
        const kid = signerAt(now, signer);
        expect(kid).toBeDefined();
        // At once, on another process and by a client with a cache.
        expect(kids(seen(now, verifier), now)).toContain(kid);
        const fetched = Math.max(now - Math.round(age * cache), 0);
        expect(kids(seen(fetched, publisher), fetched)).toContain(kid);
        // Later, as long as it lives.
        const signedAt = Math.max(now - Math.round(life * longest), 1);
        expect(kids(seen(now, verifier), now)).toContain(signerAt(signedAt, signer));
      }
    }),
    { numRuns: 1000 },
  );
});

/** Any history of rotations, upkeep, and long tokens signed by processes that may be behind, or have no store for a long time. */
test('whatever is signed for long can be verified by every process until its end, and its key goes after that', () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const step = fc.record({
    act: fc.constantFrom<'rotate' | 'sign' | 'remove'>('rotate', 'sign', 'remove'),
    wait: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 20_000 })),
    /** Seconds that the signer is behind the store, and the part of the allowed by which the verifier is. */
    stale: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 })),
    lag: part,
    life: fc.integer({ min: 601, max: 50_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const limits = rotationRules(
        { ...defaultsOf(keyProperties), rotationPublishAhead: 0, rotationRetention: 0, cacheLifetime: 30 },
        600,
      );
      const behind = 31;
      const versions: { readonly at: number; readonly keys: readonly ManagedKey[] }[] = [
        { at: 0, keys: [inUse(key('k0'))] },
      ];
      const stored = (now: number) => versions.findLast(({ at }) => at <= now)?.keys ?? [];
      const kids = (keys: readonly ManagedKey[], now: number) => inOrder(keys, now).map(({ jwk }) => jwk.kid);
      const tokens: { readonly kid: string; readonly exp: number }[] = [];
      /** As `hold` does: the key of a stale copy if the store still takes a hold for it, else that of the store. */
      const sign = (now: number, stale: number, exp: number): string => {
        const kid = inOrder(stored(Math.max(now - stale, 0)), now)[0]?.jwk.kid ?? '';
        const keys = withHolds(stored(now), new Map([[kid, exp]]), now);
        if (keys !== stored(now)) versions.push({ at: now, keys });
        const held = keys.find(({ jwk }) => jwk.kid === kid)?.heldUntil ?? 0;
        if (held >= exp) return kid;
        expect(stale).toBeGreaterThan(0);
        return sign(now, 0, exp);
      };

      let now = 1;
      for (const [index, { act, wait, stale, lag, life }] of steps.entries()) {
        now += wait;
        if (act === 'rotate' && replaceable(stored(now), now).length > 0) {
          versions.push({ at: now, keys: withSuccessors(stored(now), [key(`k${index + 1}`)], now, limits) });
        }
        if (act === 'remove') versions.push({ at: now, keys: withoutGone(stored(now), now) });
        if (act === 'sign') tokens.push({ kid: sign(now, stale, now + life), exp: now + life });
        const seen = stored(Math.max(now - Math.round(lag * behind), 0));
        for (const { kid, exp } of tokens) if (now < exp) expect(kids(seen, now)).toContain(kid);
      }
      const end = now + 100_000;
      expect(standings(withSuccessors(stored(end), [key('last')], end, limits), end + 100_000)).toHaveLength(1);
    }),
    { numRuns: 1000 },
  );
});
