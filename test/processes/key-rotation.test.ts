import { setTimeout } from 'node:timers/promises';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoEncryptionKey } from '../../src/demo.ts';
import { messageOf } from '../../src/domain/error-message.ts';
import { type Answer, textIn } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { runTessera } from '../cli/run-tessera.ts';
import { startPostgres } from '../support/postgres.ts';
import { type Cluster, startCluster } from './cluster.ts';

const postgres = await startPostgres();
afterAll(async () => {
  if (postgres.available) await postgres.stop();
});

/** Everything as short as it goes: keys are used 2 x 1 + 3 seconds after they were published. */
const hasty = {
  'keyStore.jwkSetCacheLifetime': '1',
  'keyStore.rotation.publishAhead': '0',
  'keyStore.rotation.retention': '0',
  'authzStore.accessToken.defaultLifetime': '3',
  'op.idToken.defaultLifetime': '3',
};
const ROTATED_WITHIN = 20_000;
const WORKERS = 4;

/** A relying party that keeps the published keys for as long as they say, and never asks in between. */
function cachingClient(cluster: Cluster, process: number) {
  let cached: { readonly keys: ReturnType<typeof createLocalJWKSet>; readonly until: number } | undefined;
  const fetched = () => cluster.at(process).send('/jwks.json');
  const keys = async () => {
    const now = performance.now();
    if (cached && now < cached.until) return cached.keys;
    const { text, headers } = await fetched();
    const set: JSONWebKeySet = JSON.parse(text);
    const maxAge = Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]);
    cached = { keys: createLocalJWKSet(set), until: now + maxAge * 1000 };
    return cached.keys;
  };
  return {
    async verify(jwt: string) {
      await jwtVerify(jwt, await keys(), { issuer: cluster.issuer });
    },
  };
}

describe.skipIf(!postgres.available)(
  `rotation of keys under load, two processes on one PostgreSQL${postgres.available ? '' : ` (${postgres.reason})`}`,
  () => {
    let cluster: Cluster;
    let client: TestClient;
    let settings: readonly string[];

    beforeAll(async () => {
      if (!postgres.available) return;
      const { connectionString } = await postgres.createDatabase();
      const properties = { ...hasty, 'storage.profile': 'postgres', 'dataSource.url': connectionString };
      cluster = await startCluster(2, properties);
      client = await cluster.at(0).register(versatile);
      const all = {
        ...properties,
        'op.issuer': cluster.issuer,
        'op.authz.endpoint': 'login',
        'keyStore.encJWK': JSON.stringify({ kty: 'oct', use: 'enc', k: demoEncryptionKey }),
      };
      settings = Object.entries(all).map(([name, value]) => `-D${name}=${value}`);
    });
    afterAll(() => cluster?.[Symbol.asyncDispose]());

    const lasting = { encoding: 'IDENTIFIER', lifetime: 600 };

    /** Everything that outlives a rotation. */
    async function belongings(process: number, name: string) {
      const by = client.by(cluster.at(process));
      const login = (sub: string, consent: object = {}) =>
        by.authorize({}, { sub: `${name}-${sub}`, consent: { access_token: lasting, ...consent } });
      const [long, short, pending] = [await login('long'), await login('short', transient), await login('code')];
      const [one, two] = [await by.redeem(long.code), await by.redeem(short.code)];
      expect([one.refresh, two.refresh]).not.toContain('');
      return {
        sid: long.subSid ?? '',
        code: pending.code,
        access: [one.access, two.access],
        refresh: [one.refresh, two.refresh],
      };
    }

    /** They are good on every process. */
    async function stillGood(owned: Awaited<ReturnType<typeof belongings>>, redeemAt: number) {
      for (const caller of cluster.callers) {
        const by = client.by(caller);
        for (const token of owned.access) expect(await by.isActive(token)).toBe(true);
        for (const token of owned.refresh) expect(await by.refresh(token)).toMatchObject({ status: 200 });
        const session = await caller.call('GET', '/session-store/rest/v2/sessions', undefined, { SID: owned.sid });
        expect(session.status).toBe(200);
      }
      expect(await client.by(cluster.at(redeemAt)).redeem(owned.code)).toMatchObject({ status: 200 });
    }

    /** Logins, refreshes and checks, each on another process than the step before, until it is told to stop. */
    function load() {
      const failures: string[] = [];
      /** By process, the key that it has signed with last. */
      const signers: (string | undefined)[] = [undefined, undefined];
      const relyingParties = [cachingClient(cluster, 0), cachingClient(cluster, 1)];
      let rounds = 0;
      let stopped = false;

      const attempt = async (what: string, act: () => Promise<unknown>) => {
        try {
          await act();
        } catch (error) {
          failures.push(`${what}: ${messageOf(error).slice(0, 200)}`);
        }
      };
      /** A refresh yields no ID token here. */
      const signedBy = async (process: number, answer: Answer, members: readonly string[]) => {
        for (const member of members) {
          const jwt = textIn(answer, member);
          signers[process] = decodeProtectedHeader(jwt).kid;
          for (const party of relyingParties) await attempt(`${member} of ${process}`, () => party.verify(jwt));
        }
      };
      const round = async (number: number) => {
        const [here, there] = [number % 2, (number + 1) % 2];
        const [one, other] = [client.by(cluster.at(here)), client.by(cluster.at(there))];
        const { code } = await one.authorize({}, { sub: `user-${number}`, consent: transient });
        const tokens = await other.redeem(code);
        await signedBy(there, tokens, ['access_token', 'id_token']);
        if (!(await one.isActive(tokens.access))) failures.push('JWT not active');
        await signedBy(here, await one.refresh(tokens.refresh), ['access_token']);
        const grant = await other.token({ grant_type: 'client_credentials' });
        if (!(await one.isActive(grant.access))) failures.push('identifier not active');
      };
      const worker = async (first: number) => {
        for (let number = first; !stopped; number += WORKERS + 1) {
          await attempt(`round ${number}`, () => round(number));
          rounds++;
          await setTimeout(20);
        }
      };
      const workers = Array.from({ length: WORKERS }, (_, index) => worker(index * 1_000_000));
      return {
        signers: () => [...signers],
        async stop() {
          stopped = true;
          await Promise.all(workers);
          return { failures, rounds };
        },
      };
    }

    /** Rotates all keys by the command line, and waits until both processes sign with a new one. */
    async function rotate(running: ReturnType<typeof load>) {
      const before = running.signers();
      const { status, stdout, stderr } = await runTessera(['keys', 'rotate', ...settings]);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^7 new keys are stored/);
      await expect
        .poll(() => running.signers().filter((kid) => !before.includes(kid)).length, { timeout: ROTATED_WITHIN })
        .toBe(2);
    }

    test('no token is refused, and no client that keeps the published keys fails', { timeout: 90_000 }, async () => {
      const running = load();
      const first = await belongings(0, 'first');
      await expect
        .poll(() => running.signers().every((kid) => kid !== undefined), { timeout: ROTATED_WITHIN })
        .toBe(true);
      await rotate(running);
      const second = await belongings(1, 'second');
      expect(first.access[0]).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
      expect(second.access[0]).toMatch(/^[\w-]{22}\.[\w-]{22}\.[\w-]{4}$/);
      await rotate(running);
      const { failures, rounds } = await running.stop();
      expect(failures.slice(0, 10)).toEqual([]);
      expect(rounds).toBeGreaterThan(20);
      await stillGood(first, 1);
      await stillGood(second, 0);
    });
  },
);

const transient = { long_lived: false, refresh_token: { issue: true } };
