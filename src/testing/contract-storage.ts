import { describe, expect, test } from 'vitest';
import { nothingFollows } from '../ports/stores/subject-sessions.ts';
import {
  accessToken,
  authorization,
  type Bench,
  client,
  grant,
  type OpenBench,
  pendingCode,
  remembered,
  subjectSession,
  ticketKind,
} from './contract-subject.ts';

/** What other tests have left in the same storage would be counted too. */
async function purgeOthers({ storage, clock }: Bench): Promise<void> {
  clock.advance(86_400);
  await storage.purge();
}

/** What concerns the storage as a whole: purge, health, survival. */
export function storageContract(bench: OpenBench): void {
  describe('storage', () => {
    test('check resolves, and the description says what it is', async () => {
      const { storage } = bench();
      await expect(storage.check()).resolves.toBeUndefined();
      expect(storage.description).not.toBe('');
    });

    test('belongs to the issuer that claims it first, until it is moved', async () => {
      const { storage } = bench();
      const [one, other] = ['https://id.example/one', 'https://id.example/other'];
      const owner = await storage.claim(one, { move: true });
      expect(owner).toBe(one);
      expect(await storage.claim(one)).toBe(one);
      expect(await storage.claim(other)).toBe(one);
      expect(await storage.claim(other, { move: true })).toBe(other);
      expect(await storage.claim(one)).toBe(other);
    });

    test('purge removes what ended, of all tenants and kinds, and nothing else', async () => {
      const { a, b, storage, clock } = bench();
      await purgeOthers(bench());
      const now = clock.now();
      for (const stores of [a, b]) {
        for (const [name, end] of [
          ['short', now + 60],
          ['long', now + 6000],
        ] as const) {
          await stores.codes.issue(name, pendingCode('alice'), end, end + 60);
          await stores.accessTokens.issue(name, accessToken(end));
          await stores.expended.consume('jti', name, end);
          await stores.revocations.revoke({ subject: name }, now, end);
          await stores.grants.end(`ended ${name}`, end);
          await stores.grants.add(grant(authorization(name), { refreshExpiresAt: end }), 50);
          await stores.records(ticketKind).create(name, { holder: name }, end);
          const minutes = { max_life: (end - now) / 60, max_idle: -1 };
          const quota = { limit: 5, onExhaustion: 'deny' } as const;
          await stores.subjectSessions.create(name, subjectSession(name, now, minutes), quota, nothingFollows);
        }
        await stores.clients.insert(client('c'));
        await stores.authorizations.change({ subject: 'alice', actor: '', clientId: 'c' }, () => remembered(1));
        await stores.grants.add(grant(authorization('endless')), 50);
      }
      expect(await storage.purge()).toBe(0);
      clock.advance(60);
      expect(await storage.purge()).toBe(16);
      expect(await storage.purge()).toBe(0);
      for (const stores of [a, b]) {
        expect((await stores.codes.redeem('long')).outcome).toBe('redeemed');
        expect(await stores.accessTokens.find('long')).toBeDefined();
        expect(await stores.expended.find('jti', 'long')).toBe(now);
        const long = { subject: 'long', actor: '', clientId: 'c' };
        expect((await stores.revocations.standing(long, [])).notBefore?.at).toBe(now);
        expect((await stores.revocations.standing(long, ['ended long'])).ended).toBe(true);
        expect(await stores.grants.count()).toBe(2);
        expect(await stores.records(ticketKind).get('long')).toBeDefined();
        expect(await stores.subjectSessions.get('long')).toBeDefined();
        expect([await stores.clients.count(), await stores.authorizations.count()]).toEqual([1, 1]);
      }
    });

    test('purge goes through many pages', async () => {
      const { a, storage, clock } = bench();
      await purgeOthers(bench());
      const exp = clock.now() + 60;
      await Promise.all(Array.from({ length: 2500 }, (_, i) => a.accessTokens.issue(`k${i}`, accessToken(exp))));
      clock.advance(60);
      expect(await storage.purge()).toBe(2500);
    });

    test('what was acknowledged is there for another process', async ({ skip }) => {
      const { a, tids, clock, reopen } = bench();
      if (!reopen) return skip('this driver keeps nothing beyond its process');
      await a.clients.insert(client('c'));
      await a.accessTokens.issue('k', accessToken(clock.now() + 600));
      await a.grants.add(grant(authorization('g')), 50);
      await a.codes.issue('k', pendingCode('alice'), clock.now() + 60, clock.now() + 120);
      await a.keys.save(0, { keys: [] });
      const other = await reopen();
      try {
        const [tid] = tids;
        const stores = other.tenant(tid);
        expect(await stores.clients.get('c')).toEqual(client('c'));
        expect((await stores.accessTokens.find('k'))?.token).toEqual(accessToken(clock.now() + 600));
        expect(await stores.keys.load()).toEqual({ version: 1, document: { keys: [] } });
        const parties = { subject: 'alice', actor: '', clientId: '123' };
        expect((await stores.grants.find('g', parties)).grant).toEqual(grant(authorization('g')));
        const both = await Promise.all([a.codes.redeem('k'), stores.codes.redeem('k')]);
        expect(both.map((answer) => answer.outcome).sort()).toEqual(['redeemed', 'replayed']);
      } finally {
        await other.close();
      }
    });

    test('close finishes what is under way; what comes after rejects and harms nobody', async ({ skip }) => {
      const { a, tids, clock, reopen } = bench();
      if (!reopen) return skip('this driver keeps nothing beyond its process');
      const other = await reopen();
      const { accessTokens, clients } = other.tenant(tids[0]);
      const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
      const writes = keys.map((key) => accessTokens.issue(key, accessToken(clock.now() + 60)));
      await other.close();
      await Promise.all(writes);
      expect(await a.accessTokens.count()).toBe(40);
      const token = accessToken(clock.now() + 60);
      const late = [accessTokens.issue('late', token), clients.insert(client('late')), accessTokens.find('k1')];
      for (const outcome of await Promise.allSettled(late)) expect(outcome.status).toBe('rejected');
      expect(await a.clients.count()).toBe(0);
    });
  });
}
