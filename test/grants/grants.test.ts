import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { onEveryStore } from '../support/every-store.ts';

const invalidGrant = [400, 'invalid_grant'];
const grace = 5;

/** What differs between grants: where their refresh token keeps them, whether it rotates, and how access tokens are written. */
const kinds = [true, false].flatMap((long_lived) =>
  [true, false].flatMap((rotate) =>
    ['SELF_CONTAINED', 'IDENTIFIER'].map((encoding) => ({ long_lived, rotate, encoding })),
  ),
);

onEveryStore((open) => {
  let server: TestServer;
  let storage: Storage;
  let client: TestClient;
  beforeAll(async () => {
    const clock = createFakeClock();
    storage = await open(clock);
    server = await startTestServer({ clock, storage });
    client = await server.register(versatile);
  });
  afterAll(async () => {
    await server.close();
    await storage.close();
  });
  let subjects = 0;
  const newSubject = () => `subject-${++subjects}`;

  describe.each(kinds)(
    'grants, long-lived $long_lived, rotating $rotate, $encoding',
    ({ long_lived, rotate, encoding }) => {
      const consent = { long_lived, refresh_token: { issue: true, rotate }, access_token: { encoding } };
      const rotating = (name: string, run: () => Promise<void>) => (rotate ? test(name, run) : undefined);
      const login = (sub: string) => client.tokens({ prompt: 'login' }, { sub, consent });
      const isActive = (token: string) => client.isActive(token);

      test('of two devices live side by side, whichever refreshes first', async () => {
        const sub = newSubject();
        const a = await login(sub);
        const b = await login(sub);
        const [a2, b2] = [await client.refresh(a.refresh), await client.refresh(b.refresh)];
        expect([a2.status, b2.status]).toEqual([200, 200]);
        expect([a2.refresh === '', b2.refresh === '']).toEqual([!rotate, !rotate]);
        expect([await isActive(a.access), await isActive(b.access)]).toEqual([true, true]);
      });

      test('are not touched by a silent request whose code nobody redeems', async () => {
        const sub = newSubject();
        const { subSid = '', code } = await client.authorize({}, { sub, consent });
        const tokens = await client.redeem(code);
        const silent = await client.login({ prompt: 'none' }, { sub, subSid });
        expect(silent.params.has('code')).toBe(long_lived);
        expect((await client.refresh(tokens.refresh)).status).toBe(200);
      });

      test('end with a code that is redeemed twice, and no other does', async () => {
        const sub = newSubject();
        const a = await login(sub);
        const { code } = await client.authorize({ prompt: 'login' }, { sub, consent });
        const b = await client.redeem(code);
        expect(verdict(await client.redeem(code))).toEqual(invalidGrant);
        expect([await isActive(b.access), await isActive(a.access)]).toEqual([false, true]);
        expect(verdict(await client.refresh(b.refresh))).toEqual(invalidGrant);
        expect((await client.refresh(a.refresh)).status).toBe(200);
      });

      test('end with their refresh token; the other device and the consent stay', async () => {
        const sub = newSubject();
        const { subSid = '', code } = await client.authorize({}, { sub, consent });
        const phone = await client.redeem(code);
        const laptop = await login(sub);
        expect((await client.revoke(laptop.refresh)).status).toBe(200);
        expect([await isActive(laptop.access), await isActive(phone.access)]).toEqual([false, true]);
        expect(verdict(await client.refresh(laptop.refresh))).toEqual(invalidGrant);
        expect((await client.refresh(phone.refresh)).status).toBe(200);
        const { steps } = await client.login({}, { sub, subSid });
        expect(steps).toEqual(long_lived ? ['response'] : ['consent', 'response']);
      });

      test('outlive their access token when that is revoked, with its siblings', async () => {
        const sub = newSubject();
        const tokens = await login(sub);
        const sibling = await client.refresh(tokens.refresh);
        expect((await client.revoke(tokens.access)).status).toBe(200);
        expect([await isActive(tokens.access), await isActive(sibling.access)]).toEqual([false, true]);
        expect((await client.refresh(sibling.refresh === '' ? tokens.refresh : sibling.refresh)).status).toBe(200);
      });

      test('are nothing that another client can end', async () => {
        const stranger = await server.register(versatile);
        const { code } = await client.authorize({}, { sub: newSubject(), consent });
        const tokens = await client.redeem(code);
        expect(verdict(await stranger.redeem(code))).toEqual(invalidGrant);
        for (const token of [tokens.access, tokens.refresh]) expect((await stranger.revoke(token)).status).toBe(200);
        expect(verdict(await stranger.refresh(tokens.refresh))).toEqual(invalidGrant);
        expect(await isActive(tokens.access)).toBe(true);
        expect((await client.refresh(tokens.refresh)).status).toBe(200);
      });

      rotating(
        'give the same successor to a repeated request, and end by a replay after the grace period',
        async () => {
          const sub = newSubject();
          const other = await login(sub);
          const first = await login(sub);
          const next = await client.refresh(first.refresh);
          server.clock.advance(grace);
          const repeated = await client.refresh(first.refresh);
          expect([repeated.status, repeated.refresh]).toEqual([200, next.refresh]);
          server.clock.advance(1);
          expect(verdict(await client.refresh(first.refresh))).toEqual(invalidGrant);
          expect(verdict(await client.refresh(next.refresh))).toEqual(invalidGrant);
          expect([await isActive(next.access), await isActive(repeated.access)]).toEqual([false, false]);
          expect(await isActive(other.access)).toBe(true);
          expect((await client.refresh(other.refresh)).status).toBe(200);
        },
      );

      rotating('keep one record however often they rotate', async () => {
        const { refresh } = await login(newSubject());
        let token = (await client.refresh(refresh)).refresh;
        const before = await entries();
        for (let day = 0; day < 30; day++) {
          server.clock.advance(86_400);
          token = (await client.refresh(token)).refresh;
        }
        await storage.purge();
        expect(token).not.toBe('');
        expect(await entries()).toBeLessThanOrEqual(before);
      });
    },
  );

  /** All that the storage keeps of grants and of what was used or revoked. */
  async function entries(): Promise<number> {
    const { grants, expended, revocations } = server.provider.stores;
    const counts = await Promise.all([grants.count(), expended.count(), revocations.count()]);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  test('grants of one subject and client are bounded: those unused for longest go first', async () => {
    const few = { 'authzStore.refreshToken.maxPerAuthorization': '3' };
    const bounded = await startTestServer({ clock: server.clock, storage, properties: few });
    try {
      const app = await bounded.register(versatile);
      const tokens: string[] = [];
      for (let login = 0; login < 4; login++) {
        server.clock.advance(1);
        const consent = { refresh_token: { issue: true, max_idle: 1_000_000 } };
        tokens.push((await app.tokens({ prompt: 'login' }, { sub: 'hoarder', consent })).refresh);
        // The first one is used again and again.
        server.clock.advance(1);
        expect((await app.refresh(tokens[0] ?? '')).status).toBe(200);
      }
      const statuses: number[] = [];
      for (const token of tokens) statuses.push((await app.refresh(token)).status);
      expect(statuses).toEqual([200, 400, 200, 200]);
      expect((await bounded.register(versatile)).id).not.toBe(app.id);
    } finally {
      await bounded.close();
    }
  });
});
