import { describe, expect, test } from 'vitest';
import type { RevocationScope, RevocationTarget } from '../domain/revocation.ts';
import { goodStanding } from '../ports/stores/revocations.ts';
import type { TenantStores } from '../ports/stores/stores.ts';
import { accessToken, atOnce, authorization, type OpenBench, oddTexts, pendingCode } from './contract-subject.ts';

/** Not-before marks, and how the other stores tell of them. */
export function revocationContract(bench: OpenBench): void {
  describe('revocation marks', () => markContract(bench));
  describe('revocation marks: targets', () => targetContract(bench));
}

const alice: RevocationScope = { subject: 'alice', actor: '', clientId: '1' };

function markContract(bench: OpenBench): void {
  test('the time of a mark moves forward, never back', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    const target = { subject: 'alice' };
    await a.revocations.revoke(target, now, now + 100);
    await a.revocations.revoke(target, now + 5, now + 50);
    await a.revocations.revoke(target, now - 5, now + 20);
    const standing = { ended: false, notBefore: { at: now + 5, count: 1 } };
    expect(await a.revocations.standing(alice, [])).toEqual(standing);
    expect(await b.revocations.standing(alice, [])).toEqual(goodStanding);
    expect([await a.revocations.count(), await b.revocations.count()]).toEqual([1, 0]);
    clock.advance(99);
    expect(await a.revocations.standing(alice, [])).toEqual(standing);
    clock.advance(1);
    expect(await a.revocations.standing(alice, [])).toEqual(goodStanding);
    expect(await a.revocations.count()).toBe(0);
    await a.revocations.revoke(target, now - 50, now + 200);
    expect((await a.revocations.standing(alice, [])).notBefore).toEqual({ at: now - 50, count: 1 });
  });

  test('an earlier revocation keeps a mark longer all the same', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    await a.revocations.revoke({ subject: 'alice' }, now, now + 50);
    await a.revocations.revoke({ subject: 'alice' }, now - 5, now + 100);
    clock.advance(99);
    expect((await a.revocations.standing(alice, [])).notBefore).toEqual({ at: now, count: 1 });
  });

  test('revocations of one second are counted, over all marks of that second', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    const at = async () => (await a.revocations.standing(alice, [])).notBefore;
    await atOnce(30, () => a.revocations.revoke({ subject: 'alice' }, now, now + 100));
    expect(await at()).toEqual({ at: now, count: 30 });
    await a.revocations.revoke({ clientId: '1' }, now, now + 100);
    expect(await at()).toEqual({ at: now, count: 31 });
    await a.revocations.revoke({ subject: 'alice', clientId: '1' }, now - 1, now + 100);
    await a.revocations.revoke({ subject: 'bob' }, now, now + 100);
    expect(await at()).toEqual({ at: now, count: 31 });
    await a.revocations.revoke({}, now + 1, now + 100);
    expect(await at()).toEqual({ at: now + 1, count: 1 });
  });

  test('the latest of many at once stands', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    await atOnce(30, (index) => a.revocations.revoke({ subject: 'alice' }, now + ((index * 7) % 30), now + 100));
    expect((await a.revocations.standing(alice, [])).notBefore).toEqual({ at: now + 29, count: 1 });
  });

  test('IDs that have ended are told, one and several', async () => {
    const { a, b, clock } = bench();
    const until = clock.now() + 100;
    await a.grants.end('x', until);
    const ended = async (ids: readonly string[], stores: TenantStores = a) =>
      (await stores.revocations.standing(alice, ids)).ended;
    expect(await ended([])).toBe(false);
    expect([await ended(['x']), await ended(['y']), await ended(['x'], b)]).toEqual([true, false, false]);
    expect([await ended(['x', 'y']), await ended(['y', 'x']), await ended(['y', 'z'])]).toEqual([true, true, false]);
    expect([await ended(['v', 'w', 'y', 'x']), await ended(['v', 'w', 'y', 'z'])]).toEqual([true, false]);
    await a.revocations.revoke({ subject: 'alice' }, clock.now(), until);
    expect(await a.revocations.standing(alice, ['x'])).toEqual({
      ended: true,
      notBefore: { at: clock.now(), count: 1 },
    });
  });

  test.each([[{ subject: '' }], [{ clientId: '' }], [{ subject: 'alice', clientId: '' }]])(
    'the target %j is refused: it would be taken for a larger one',
    async (target) => {
      const { a, clock } = bench();
      await expect(a.revocations.revoke(target, clock.now(), clock.now() + 1)).rejects.toThrow(TypeError);
      expect(await a.revocations.count()).toBe(0);
    },
  );
}

/** All targets that speak against (alice, bob, 1). */
const hits: readonly RevocationTarget[] = [
  {},
  { subject: 'alice' },
  { clientId: '1' },
  { subject: 'alice', clientId: '1' },
  { actor: 'bob' },
  { subject: 'alice', actor: 'bob' },
  { actor: 'bob', clientId: '1' },
  { subject: 'alice', actor: 'bob', clientId: '1' },
];
const misses: readonly RevocationTarget[] = [
  { subject: 'bob' },
  { subject: '1' },
  { actor: 'alice' },
  { clientId: 'alice' },
  { clientId: '2' },
  { subject: 'alice', clientId: '2' },
  { subject: 'bob', clientId: '1' },
  { subject: 'alice', actor: 'carol' },
  { actor: 'carol', clientId: '1' },
  { subject: 'bob', actor: 'alice', clientId: '1' },
  { subject: 'alice', actor: 'bob', clientId: '2' },
  { subject: 'alice1' },
];

/** What each way to ask says of (alice, `actor`, 1), in this order: standing, grant, access token, code. */
async function everyAnswer(stores: TenantStores, actor: string, now: number) {
  const scope = { subject: 'alice', actor, clientId: '1' };
  const parties = { subject: 'alice', actor: actor === '' ? undefined : actor, clientId: '1' };
  await stores.accessTokens.issue('k', accessToken(now + 600, { ...parties, id: 'j', grantId: 'g' }));
  await stores.codes.issue('c', pendingCode('', { authorization: authorization('g', parties) }), now + 60, now + 60);
  const redeemed = await stores.codes.redeem('c');
  return [
    await stores.revocations.standing(scope, ['g', 'j']),
    (await stores.grants.find('g', scope)).standing,
    (await stores.accessTokens.find('k'))?.standing,
    redeemed.outcome === 'redeemed' ? redeemed.standing : undefined,
  ];
}

function targetContract(bench: OpenBench): void {
  test.each(hits.map((target) => [target]))('%j speaks against what has all its members', async (target) => {
    const { a, b, clock } = bench();
    const now = clock.now();
    await a.revocations.revoke(target, now, now + 600);
    const standing = { ended: false, notBefore: { at: now, count: 1 } };
    expect(await everyAnswer(a, 'bob', now)).toEqual([standing, standing, standing, standing]);
    expect(await everyAnswer(b, 'bob', now)).toEqual([goodStanding, goodStanding, goodStanding, goodStanding]);
  });

  test.each(hits.map((target) => [target]))('%j speaks against what has no actor only without one', async (target) => {
    const { a, clock } = bench();
    const now = clock.now();
    await a.revocations.revoke(target, now, now + 600);
    const standing = target.actor === undefined ? { ended: false, notBefore: { at: now, count: 1 } } : goodStanding;
    expect(await everyAnswer(a, '', now)).toEqual([standing, standing, standing, standing]);
  });

  test('no other target speaks against anything, and an empty actor is none', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    for (const target of misses) await a.revocations.revoke(target, now, now + 600);
    expect(await everyAnswer(a, 'bob', now)).toEqual([goodStanding, goodStanding, goodStanding, goodStanding]);
    await a.revocations.revoke({ subject: 'carol', actor: '' }, now, now + 600);
    const carol = await a.revocations.standing({ subject: 'carol', actor: 'x', clientId: '9' }, []);
    expect(carol.notBefore).toEqual({ at: now, count: 1 });
  });

  test('the latest of all marks stands for every way to ask, with the IDs that ended', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    for (const [index, target] of hits.entries()) await a.revocations.revoke(target, now - (index % 3), now + 600);
    await a.grants.end('g', now + 600);
    const standing = { ended: true, notBefore: { at: now, count: 3 } };
    expect(await everyAnswer(a, 'bob', now)).toEqual([standing, standing, standing, standing]);
  });

  test('a single token ends alone', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    await a.grants.end('j', now + 600);
    const ended = (await everyAnswer(a, '', now)).map((standing) => standing?.ended);
    expect(ended).toEqual([true, false, true, false]);
  });

  test('members do not run into each other', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    await a.revocations.revoke({ subject: 'ab', clientId: 'c' }, now, now + 100);
    const scope = { subject: 'a', actor: '', clientId: 'bc' };
    expect(await a.revocations.standing(scope, [])).toEqual(goodStanding);
    for (const subject of oddTexts.slice(1)) await a.revocations.revoke({ subject }, now, now + 100);
    const first = { subject: oddTexts[0] ?? '', actor: '', clientId: 'x' };
    expect(await a.revocations.standing(first, [])).toEqual(goodStanding);
    expect(await a.revocations.count()).toBe(oddTexts.length);
  });
}
