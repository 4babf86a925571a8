import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { referencePages } from '../../scripts/reference-pages.ts';
import { demoApiToken } from '../../src/demo.ts';
import { builtInFeatures } from '../../src/features.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { bodyOf, textIn, verdict } from '../../src/testing/caller/answer.ts';
import { redirectUri, type TestClient } from '../../src/testing/caller/client.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { startPostgres } from '../support/postgres.ts';
import { voucherFeature } from './vouchers.ts';

/** The configuration that offers what the feature brings. */
const properties = {
  'op.token.authMethods': 'client_secret_basic x_pin',
  'op.authz.responseModes': 'query x_envelope',
  'op.vouchers.lifetime': '30',
};

const postgres = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), 'tessera-features-'));
afterAll(async () => {
  if (postgres.available) await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});

let files = 0;
const stores: readonly (readonly [string, (clock: Clock) => Storage | Promise<Storage>])[] = [
  ['memory', (clock) => openMemoryStorage({ clock })],
  ['SQLite', (clock) => openSqliteStorage({ clock, file: join(directory, `${files++}.db`) })],
];
const available: typeof stores = postgres.available
  ? [
      ...stores,
      [
        'PostgreSQL',
        async (clock) =>
          openPostgresStorage({ clock, connectionString: (await postgres.createDatabase()).connectionString }),
      ],
    ]
  : stores;
if (!postgres.available) describe.skip(`a feature of a test file on PostgreSQL (${postgres.reason})`);

/** A client that may do all that the feature brings. */
const metadata = {
  grant_types: ['authorization_code', 'urn:example:voucher'],
  token_endpoint_auth_method: 'x_pin',
  pin: '1234',
  redirect_uris: [redirectUri],
  response_types: ['code'],
  scope: 'openid read',
};

describe.each(available)('a feature of a test file on %s', (_name, open) => {
  const clock = createFakeClock();
  let storage: Storage;
  let server: TestServer;
  let client: TestClient;

  const start = () => startTestServer({ features: [voucherFeature], properties, storage, clock });
  const pin = (form: Record<string, string>, value = '1234') => ({ client_id: client.id, pin: value, ...form });

  beforeEach(async () => {
    storage = await open(clock);
    server = await start();
    client = await server.register(metadata);
  });
  afterEach(async () => {
    await server.close();
    await storage.close();
  });

  test('serves its endpoint, which keeps records, and its grant, by its client authentication method', async () => {
    const order = await server.post('/vouchers', pin({ scope: 'read' }));
    expect(order).toMatchObject({ status: 201, body: { expires_in: 30 } });
    const voucher = String(order.body['voucher']);
    const redeem = () => server.post('/token', pin({ grant_type: 'urn:example:voucher', voucher }));
    const answers = await Promise.all([redeem(), redeem()]);
    const [won, ...others] = answers.filter(({ status }) => status === 200);
    expect(won?.body).toMatchObject({ token_type: 'Bearer', scope: 'read' });
    expect(others).toEqual([]);
    expect(answers.map(verdict)).toContainEqual([400, 'invalid_grant']);
    expect(verdict(await server.post('/vouchers', pin({ scope: 'read' }, '4321')))).toEqual([401, 'invalid_client']);
  });

  test('keeps its records for other processes until they end', async () => {
    const ordered = async () => String((await server.post('/vouchers', pin({ scope: 'read' }))).body['voucher']);
    const [first, second] = [await ordered(), await ordered()];
    const other = await start();
    const redeem = (voucher: string) => other.post('/token', pin({ grant_type: 'urn:example:voucher', voucher }));
    try {
      expect((await redeem(first)).status).toBe(200);
      clock.advance(30);
      expect(verdict(await redeem(second))).toEqual([400, 'invalid_grant']);
    } finally {
      await other.close();
    }
  });

  test('serves its prompt, its response mode and its claims source', async () => {
    const { subSid, message } = await client.login({ scope: 'openid', response_mode: 'x_envelope' });
    expect(message).toMatchObject({ type: 'response', mode: 'x_envelope' });
    const again = (prompt?: string) => client.start({ scope: 'openid', prompt }, { sub_sid: subSid });
    expect(await again()).toMatchObject({ type: 'response' });
    expect(await again('x_confirm')).toMatchObject({ type: 'consent' });

    const claims = JSON.stringify({ userinfo: { favourite_colour: null } });
    const { uri } = await client.login(
      { scope: 'openid', claims, response_mode: 'x_envelope' },
      { subSid: String(subSid) },
    );
    const envelope = new URL(uri).searchParams.get('envelope') ?? '';
    const { code } = JSON.parse(Buffer.from(envelope, 'base64url').toString());
    const form = pin({ grant_type: 'authorization_code', code, redirect_uri: redirectUri });
    const { body } = await server.userInfo(textIn(await server.post('/token', form), 'access_token'));
    expect(body).toEqual({ sub: 'alice', favourite_colour: 'that of alice' });
  });

  test('is measured and watched', async () => {
    bodyOf('order', await server.post('/vouchers', pin({ scope: 'read' })), 201);
    const { gauges, meters } = (await server.call('GET', '/monitor/v1/metrics')).body;
    expect(gauges).toMatchObject({ 'vouchers.numVouchers': { value: 1 } });
    expect(meters).toMatchObject({
      'voucherEndpoint.vouchers': { count: 1 },
      'voucherEndpoint.serverErrors': { count: 0 },
    });
    expect((await server.call('GET', '/monitor/v1/healthcheck')).body).toHaveProperty(
      ['vouchers.printer', 'healthy'],
      true,
    );
  });
});

describe('a feature of a test file', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer({ features: [voucherFeature], properties });
  });
  afterEach(() => server.close());

  test('is published', async () => {
    const { body } = await server.send('/.well-known/openid-configuration');
    expect(body).toMatchObject({
      voucher_endpoint: `${server.issuer}/vouchers`,
      grant_types_supported: expect.arrayContaining(['authorization_code', 'urn:example:voucher']),
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'x_pin'],
      response_modes_supported: ['query', 'x_envelope'],
      prompt_values_supported: expect.arrayContaining(['login', 'x_confirm']),
    });
    expect((await server.send('/')).text).toContain(`<dt>Vouchers</dt>\n<dd>${server.issuer}/vouchers</dd>`);
  });

  test('has a say in the registration of clients', async () => {
    expect((await server.register(metadata)).registration).toMatchObject({ pin: '1234' });
    const register = (change: object) => server.call('POST', '/clients', { ...metadata, ...change });
    expect((await register({ pin: undefined })).body).toMatchObject({
      error: 'invalid_client_metadata',
      error_description: 'pin: expected one, for x_pin',
    });
    expect((await register({ pin: 7 })).body).toMatchObject({ error_description: 'pin: expected a string' });
    // A grant that is not open to all needs a privilege that is called after it.
    const open = await startTestServer({
      features: [voucherFeature],
      properties: { ...properties, 'op.reg.allowOpenRegistration': 'true' },
    });
    const refused = await open.bearing(undefined).call('POST', '/clients', metadata);
    await open.close();
    expect(refused.body).toMatchObject({ error_description: expect.stringContaining('client-reg:voucher') });
  });

  test.each([
    ['0', 'expected at least 1'],
    ['many', 'expected a whole number'],
    ['601', 'is longer than that of access tokens, 600 s'],
  ])('has its property checked: %s', async (value, reason) => {
    const complete =
      'op.issuer=https://id.example\nop.authz.endpoint=/login\nkeyStore.encJWK={"kty":"oct","k":"b3duLWtleS1vZi10ZXN0cw"}\n';
    const headers = { 'Content-Type': 'text/plain', Authorization: `Bearer ${demoApiToken}` };
    const check = (body: string) => server.send('/config/check', { method: 'POST', headers, body });
    expect((await check(complete)).status).toBe(204);
    const { body } = await check(`${complete}op.vouchers.lifetime=${value}`);
    expect(body['error_description']).toBe(`Invalid configuration: op.vouchers.lifetime: ${reason}`);
  });

  test('is documented', () => {
    const pages = referencePages([...builtInFeatures, voucherFeature]);
    expect(pages.get('config.md')).toContain(
      '## Vouchers\n\n| Property | Type | Default | Meaning |\n|---|---|---|---|\n| `op.vouchers.lifetime` | int (seconds) | `60` | Time in which a voucher can be redeemed. |',
    );
    expect(pages.get('endpoints.md')).toContain('| `/vouchers` | `POST` | Order a voucher | client authentication |');
    expect(pages.get('endpoints.md')).toContain(
      '| `POST /vouchers` | form: `scope` | JSON: `voucher`, `expires_in` number |',
    );
    expect(pages.get('events.md')).toContain(
      '| `OP9999` | INFO | Voucher ordered | `clientId` | `voucherEndpoint.vouchers` |',
    );
    expect(pages.get('features.md')).toContain(`## Vouchers

- client metadata member: \`pin\`
- grant type: \`urn:example:voucher\`
- client authentication method: \`x_pin\`
- response mode: \`x_envelope\`
- prompt: \`x_confirm\`
- claims source: \`colours\`
- kind of records: \`voucher\`
`);
  });

  test('is the example of the page on adding a feature', () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
    const shown = [...read('../../docs/add-a-feature.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(
      ([, code = '']) => code,
    );
    expect(shown.length).toBeGreaterThan(5);
    const source = read('./vouchers.ts');
    expect(shown.filter((code) => !source.includes(code))).toEqual([]);
  });

  test('is not there where it is not listed', async () => {
    const plain = await startTestServer();
    const { body } = await plain.send('/.well-known/openid-configuration');
    expect(JSON.stringify(body)).not.toMatch(/voucher|x_pin|x_envelope|x_confirm/);
    expect((await plain.send('/vouchers', { method: 'POST' })).status).toBe(404);
    await plain.close();
  });
});
