import { describe, expect, test } from 'vitest';
import { goodStanding } from '../ports/stores/revocations.ts';
import type { TenantStores } from '../ports/stores/stores.ts';
import { grantKey as key, useOf } from './contract-refresh.ts';
import {
  atOnce,
  authorization,
  bigData,
  grant,
  type OpenBench,
  oddTexts,
  remembered,
  subjectSession,
} from './contract-subject.ts';

/** Grants: what is kept, and how many. */
export function grantContract(bench: OpenBench): void {
  describe('grants', () => keepContract(bench));
  describe('grants: cap', () => capContract(bench));
}

function keepContract(bench: OpenBench): void {
  test('find answers grant, agreement and standing; the twin tenant keeps its own', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    const stored = grant(authorization('g', { data: bigData, scope: ['openid', 'email'], actor: undefined }));
    await a.grants.add(stored, 50);
    const state = { rotations: 0, issuedAt: now, usedAt: now };
    const found = { grant: stored, state, session: undefined, remembered: undefined, standing: goodStanding };
    expect(await a.grants.find('g', key)).toEqual(found);
    await a.authorizations.change(key, () => remembered(7));
    expect(await a.grants.find('g', key)).toEqual({ ...found, remembered: remembered(7) });
    expect(await a.grants.find('g', { ...key, clientId: 'other' })).toEqual(found);
    const nothing = {
      grant: undefined,
      state: undefined,
      session: undefined,
      remembered: undefined,
      standing: goodStanding,
    };
    expect(await a.grants.find('unknown', key)).toEqual({ ...nothing, remembered: remembered(7) });
    expect(await b.grants.find('g', key)).toEqual(nothing);
    expect([await a.grants.count(), await b.grants.count()]).toEqual([1, 0]);
  });

  test.each(['key', 'k\0ey'])('find answers the session of the grant, %j, while that lives', async (sessionKey) => {
    const { a, b, clock } = bench();
    const session = subjectSession('alice', clock.now(), { max_life: 10, max_idle: 1 });
    const quota = { limit: 5, onExhaustion: 'deny' } as const;
    for (const stores of [a, b]) await stores.grants.add(grant(authorization('g', { sessionKey })), 50);
    expect((await a.grants.find('g', key)).session).toBeUndefined();
    const create = () => a.subjectSessions.create(sessionKey, session, quota, () => []);
    await create();
    expect((await a.grants.find('g', key)).session).toEqual(session);
    expect((await b.grants.find('g', key)).session).toBeUndefined();
    expect((await a.grants.find('unknown', key)).session).toBeUndefined();
    await a.subjectSessions.close({ key: sessionKey }, () => []);
    expect((await a.grants.find('g', key)).session).toBeUndefined();
    await create();
    clock.advance(59);
    expect((await a.grants.find('g', key)).session).toEqual(session);
    clock.advance(1);
    expect(await a.grants.find('g', key)).toMatchObject({
      grant: { authorization: { sessionKey } },
      session: undefined,
    });
  });

  test('a grant that has ended has no session', async () => {
    const { a, clock } = bench();
    const session = subjectSession('alice', clock.now(), { max_life: 10, max_idle: 1 });
    await a.subjectSessions.create('key', session, { limit: 5, onExhaustion: 'deny' }, () => []);
    await a.grants.add(grant(authorization('g', { sessionKey: 'key' })), 50);
    await a.grants.end('g', clock.now() + 60);
    expect(await a.grants.find('g', key)).toMatchObject({ grant: undefined, session: undefined });
  });

  test('find tells what the marks say', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    for (const stores of [a, b]) await stores.grants.add(grant(authorization('g')), 50);
    await a.revocations.revoke({ subject: 'alice' }, now, now + 600);
    await a.revocations.revoke({ clientId: '123' }, now, now + 600);
    const found = await a.grants.find('g', key);
    expect(found.standing).toEqual({ ended: false, notBefore: { at: now, count: 2 } });
    expect(found.grant?.authorization.grantId).toBe('g');
    expect((await b.grants.find('g', key)).standing).toEqual(goodStanding);
  });

  test.each([
    ['by lifetime', { refreshExpiresAt: 10 }, { refreshTokenMaxIdle: 0 }, 10],
    ['by idle time', { refreshExpiresAt: undefined }, { refreshTokenMaxIdle: 5 }, 5],
    ['by whichever comes first', { refreshExpiresAt: 10 }, { refreshTokenMaxIdle: 20 }, 10],
  ] as const)('ends on the exact second %s', async (_, { refreshExpiresAt }, order, life) => {
    const { a, clock } = bench();
    const end = refreshExpiresAt === undefined ? undefined : clock.now() + refreshExpiresAt;
    await a.grants.add(grant(authorization('g', order), { refreshExpiresAt: end }), 50);
    clock.advance(life - 1);
    expect((await a.grants.find('g', key)).grant).toBeDefined();
    clock.advance(1);
    expect(await a.grants.find('g', key)).toMatchObject({ grant: undefined, state: undefined, standing: goodStanding });
    expect((await a.grants.use(useOf('g', 0))).outcome).toBe('ended');
    expect(await a.grants.count()).toBe(0);
  });

  test('a grant that is on record is not replaced', async () => {
    const { a } = bench();
    await a.grants.add(grant(authorization('g')), 50);
    await a.grants.use(useOf('g', 0));
    await a.grants.add(grant(authorization('g'), { secretDigest: 'other' }), 50);
    const found = await a.grants.find('g', key);
    expect([found.grant?.secretDigest, found.state?.rotations]).toEqual(['digest', 1]);
    expect(await a.grants.count()).toBe(1);
  });

  test('hundreds of one turn are all there', async () => {
    const { a, b } = bench();
    await atOnce(600, (index) => a.grants.add(grant(authorization(`g${index}`, { subject: `s${index % 300}` })), 50));
    expect([await a.grants.count(), await b.grants.count()]).toEqual([600, 0]);
    expect((await a.grants.find('g417', { ...key, subject: 's117' })).grant?.authorization.subject).toBe('s117');
  });

  test('odd IDs and contents come back as they went in', async () => {
    const { a, b } = bench();
    const odd = (text: string) => grant(authorization(text, { subject: text, clientId: text, actor: text }));
    for (const text of oddTexts) await a.grants.add(odd(text), 1);
    for (const text of oddTexts) {
      const parties = { subject: text, actor: text, clientId: text };
      expect((await a.grants.find(text, parties)).grant).toEqual(odd(text));
      expect((await b.grants.find(text, parties)).grant).toBeUndefined();
    }
  });
}

/** Which of `count` grants `g0`, `g1` ... are on record. */
async function present({ grants }: TenantStores, count: number): Promise<number[]> {
  const there: number[] = [];
  for (let index = 0; index < count; index++) {
    if ((await grants.find(`g${index}`, key)).grant) there.push(index);
  }
  return there;
}

function capContract(bench: OpenBench): void {
  test('beyond the limit those unused for longest go, and no others', async () => {
    const { a, b, clock } = bench();
    await a.grants.add(grant(authorization('other client', { clientId: '124' })), 3);
    await a.grants.add(grant(authorization('other actor', { actor: 'bob' })), 3);
    for (const stores of [a, b]) {
      for (let index = 0; index < 3; index++) {
        await stores.grants.add(grant(authorization(`g${index}`)), 3);
        clock.advance(1);
      }
    }
    await a.grants.use(useOf('g0', 0));
    clock.advance(1);
    await a.grants.add(grant(authorization('g3')), 3);
    clock.advance(1);
    expect(await present(a, 4)).toEqual([0, 2, 3]);
    await a.grants.use(useOf('g2', 0, { rotate: false }));
    clock.advance(1);
    await a.grants.add(grant(authorization('g4')), 3);
    expect(await present(a, 5)).toEqual([2, 3, 4]);
    expect(await present(b, 5)).toEqual([0, 1, 2]);
    expect((await a.grants.find('other client', { ...key, clientId: '124' })).grant).toBeDefined();
    expect((await a.grants.find('other actor', { ...key, actor: 'bob' })).grant).toBeDefined();
    // What went has no more tokens, but was not revoked.
    expect(await a.grants.use(useOf('g1', 0))).toEqual({ outcome: 'ended' });
    expect((await a.grants.find('g1', key)).standing).toEqual(goodStanding);
  });

  test('neither ended nor expired grants count, nor what self-contained tokens leave', async () => {
    const { a, clock } = bench();
    const until = clock.now() + 600;
    await a.grants.add(grant(authorization('g0')), 2);
    clock.advance(1);
    await a.grants.add(grant(authorization('gone', { refreshTokenMaxIdle: 5 })), 2);
    clock.advance(5);
    for (let index = 0; index < 5; index++) {
      await a.grants.end(`ended ${index}`, until);
      await a.grants.use(useOf(`own ${index}`, 0, { selfContained: true, expiresAt: until }));
    }
    await a.grants.add(grant(authorization('g1')), 2);
    expect(await present(a, 2)).toEqual([0, 1]);
    expect((await a.grants.use(useOf('own 0', 1, { selfContained: true, expiresAt: until }))).outcome).toBe('used');
  });

  test('odd keys and IDs make room too', async () => {
    const { a, clock } = bench();
    for (const turn of ['first', 'second']) {
      for (const text of oddTexts) {
        await a.grants.add(grant(authorization(`${text} ${turn}`, { subject: text, clientId: text })), 1);
      }
      clock.advance(1);
    }
    expect(await a.grants.count()).toBe(oddTexts.length);
    for (const text of oddTexts) {
      const parties = { subject: text, actor: '', clientId: text };
      expect((await a.grants.find(`${text} second`, parties)).grant).toBeDefined();
    }
  });

  test('holds under concurrent additions', async () => {
    const { a, clock } = bench();
    await atOnce(40, (index) => a.grants.add(grant(authorization(`g${index}`)), 5));
    clock.advance(1);
    await a.grants.add(grant(authorization('g40')), 5);
    expect(await a.grants.count()).toBe(5);
    expect((await a.grants.find('g40', key)).grant).toBeDefined();
  });
}
