import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const clock = createFakeClock();
const directory = mkdtempSync(join(tmpdir(), 'tessera-secrets-'));
const redirect_uris = ['https://client.example/cb'];
const machine = { redirect_uris, grant_types: ['client_credentials'], response_types: [], scope: 'read' };
let storage: Storage;
let server: TestServer;

/** The cache is off: each request reads the store. */
const properties = { 'op.reg.clientCacheLifetime': '0', 'op.reg.refreshAccessTokenOnUpdate': 'false' };

beforeAll(async () => {
  storage = await openSqliteStorage({ file: join(directory, 'tessera.db'), clock });
  server = await startTestServer({ clock, storage, properties });
});
afterAll(async () => {
  await server.close();
  await storage.close();
  rmSync(directory, { recursive: true });
});

const clients = () => storage.tenant('default').clients;
/** All that lies on the disk. */
const onDisk = () =>
  readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'latin1'))
    .join('\n');
const authenticated = async (id: string, secret: string) =>
  (
    await server.post(
      '/token',
      { grant_type: 'client_credentials', scope: 'read' },
      { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    )
  ).status;

describe('the secret of a client', () => {
  test.each([
    ['for client_secret_basic', {}],
    ['for an HMAC', { id_token_signed_response_alg: 'HS256' }],
    ['short, as the master set it', { preferred_client_secret: 'short-secret-678' }],
  ])('%s is not in the database, nor are those that it replaced, and all work', async (_what, members) => {
    const { body } = await server.call('POST', '/clients', { ...machine, ...members });
    const [id, first] = [String(body['client_id']), String(body['client_secret'])];
    const update = {
      client_id: id,
      ...machine,
      ...members,
      preferred_client_secret: null,
      refresh_client_secret: true,
    };
    const renew = async () => String((await server.call('PUT', `/clients/${id}`, update)).body['client_secret']);
    const [second, third] = [await renew(), await renew()];
    expect(new Set([first, second, third]).size).toBe(3);
    for (const secret of [first, second, third]) {
      expect(await authenticated(id, secret)).toBe(200);
      expect(onDisk()).not.toContain(secret);
    }
    expect((await server.call('GET', `/clients/${id}`)).body['client_secret']).toBe(third);
    const listed = await server.call('GET', '/clients');
    expect(listed.text).toContain(third);
    expect(listed.text).not.toContain('sealed');
  });

  test('in clear, from before, works, and is encrypted when the registration is next written', async () => {
    const secret = 'a-secret-of-the-release-before-this-one';
    const before = { client_id: 'before', client_id_issued_at: 1, client_secret_expires_at: 0, client_secret: secret };
    await clients().insert({ ...before, metadata: { ...machine, token_endpoint_auth_method: 'client_secret_basic' } });
    expect(await authenticated('before', secret)).toBe(200);
    const update = { client_id: 'before', ...machine, client_secret: secret, client_name: 'After' };
    expect((await server.call('PUT', '/clients/before', update)).status).toBe(200);
    expect(JSON.stringify(await clients().get('before'))).not.toContain(secret);
    expect(await authenticated('before', secret)).toBe(200);
  });

  test('moved to another client in the database is not that client’s secret', async () => {
    const mine = (await server.call('POST', '/clients', machine)).body;
    const [id, secret] = [String(mine['client_id']), String(mine['client_secret'])];
    const victim = String((await server.call('POST', '/clients', machine)).body['client_id']);
    const sealed = (await clients().get(id))?.sealed_secrets ?? '';
    expect(sealed).not.toBe('');
    await clients().update(victim, (current) => ({ ...current, sealed_secrets: sealed }));
    expect(await authenticated(victim, secret)).toBe(500);
    expect(await authenticated(id, secret)).toBe(200);
    // A list is not lost for it.
    const listed = await server.call('GET', '/clients');
    expect(listed.text).toContain(secret);
    expect(listed.text).toContain(`"client_id":"${victim}"`);
  });
});

test('without keyStore.encJWK there is nothing to encrypt with, and registration works', async () => {
  const plain = await startTestServer({ clock, properties: { ...properties, 'keyStore.encJWK': '' } });
  const { body } = await plain.call('POST', '/clients', machine);
  expect(verdict(await plain.call('GET', `/clients/${String(body['client_id'])}`))).toEqual([200, undefined]);
  await plain.close();
});
