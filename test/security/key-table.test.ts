import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoEncryptionKey } from '../../src/demo.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { firstReleaseDocument } from '../../src/testing/first-release-keys.ts';
import { startTestServer, type TestServer, testKeySet } from '../../src/testing/test-server.ts';

/** Somebody who can write to the table of keys, but does not have keyStore.encJWK. */
const clock = createFakeClock();
const storage = openMemoryStorage({ clock });
const table = storage.tenant('default').keys;
const start = (properties: Readonly<Record<string, string>> = {}) =>
  startTestServer({ clock, storage, properties: { 'keyStore.staticJWKSet.op': '', ...properties } });

let server: TestServer;
let honest: JsonObject;

beforeAll(async () => {
  server = await start();
  honest = (await table.load())?.document ?? {};
});
afterAll(() => server.close());

async function write(document: JsonObject) {
  expect(await table.save((await table.load())?.version ?? 0, document)).toBe(true);
}

async function publishedKids(): Promise<readonly unknown[]> {
  const { body } = await server.send('/jwks.json');
  const keys = body['keys'];
  return Array.isArray(keys) ? keys.map((jwk: unknown) => (isJsonObject(jwk) ? jwk['kid'] : undefined)) : [];
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { kty = '', crv = '', x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' });
const clear = { kty, crv, x, y, d, use: 'sig', kid: 'attack' };
const entry = { public: clear, secret: null, created: 0, used_from: 0, removed_from: null, held_until: null };

function withEntry(document: JsonObject): JsonObject {
  const contexts = isJsonObject(document['contexts']) ? document['contexts'] : {};
  const op = Array.isArray(contexts['op']) ? contexts['op'] : [];
  return { ...document, contexts: { ...contexts, op: [entry, ...op] } };
}

describe('what somebody writes into the table of keys', () => {
  const attacks: [string, () => JsonObject][] = [
    ['a key in clear beside those of the server', () => withEntry(honest)],
    ['a key in clear, as if nothing had ever been authenticated', () => ({ keys: [clear] })],
    ['a key in clear without the word of any form', () => ({ ...withEntry(honest), format: null })],
  ];
  test.each(attacks)('%s is neither published nor believed, and stops a start', async (_what, document) => {
    const before = await publishedKids();
    await write(document());
    clock.advance(61);
    for (let request = 0; request < 3; request++) expect(await publishedKids()).toEqual(before);
    await expect(start()).rejects.toThrow(/jwks|form that this release does not know/);
  });

  test('a genuine set of release 0.1.0 is taken at a start only while the configuration expects one', async () => {
    await write(firstReleaseDocument(await testKeySet(), Buffer.from(demoEncryptionKey, 'base64url')));
    await expect(start({ 'keyStore.convertFirstRelease': 'false' })).rejects.toThrow(/convertFirstRelease is false/);
    const converting = await start();
    await converting.close();
    const later = await start({ 'keyStore.convertFirstRelease': 'false' });
    await later.close();
  });
});
