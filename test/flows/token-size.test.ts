import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';

const captured = captureLog();
let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer({ log: captured.log });
  client = await server.register(versatile);
});
afterAll(() => server.close());

/** Redeems a code of a login for which the page has ordered that much data in the token. */
async function withData(length: number, more: object = {}, of = client) {
  const consent = { data: { x: 'a'.repeat(length) }, ...more };
  const { code } = await of.authorize({ prompt: 'consent' }, { consent });
  return of.redeem(code);
}

/** The length of `data` with which the token has exactly, or by BASE64 nearly, that many characters. */
async function dataFor(size: number, of = client): Promise<number> {
  const small = 100;
  const { length } = (await withData(small, {}, of)).access;
  return small + Math.floor(((size - length) * 3) / 4);
}

describe('an access token', () => {
  test('of the largest size that is issued is taken wherever tokens are', async () => {
    const largest = 12_288;
    const { access } = await withData((await dataFor(largest)) - 3);
    expect(access.length).toBeGreaterThan(largest - 20);
    expect(access.length).toBeLessThanOrEqual(largest);
    expect((await server.userInfo(access)).status).toBe(200);
    expect((await server.post('/userinfo', { access_token: access })).status).toBe(200);
    expect(await client.isActive(access)).toBe(true);
    expect((await client.revoke(access)).status).toBe(200);
    expect(await client.isActive(access)).toBe(false);
  });

  test('that would be larger is not issued: the operator is told which property says so, and nothing is kept', async () => {
    const grants = () => server.storage.tenant('default').authorizations.count();
    const before = await grants();
    captured.lines.length = 0;
    const refused = await withData((await dataFor(12_288)) + 20, { long_lived: false });
    expect(verdict(refused)).toEqual([400, 'invalid_request']);
    expect(refused.body['error_description']).toBe('The token would be larger than this server takes');
    expect([refused.access, refused.refresh, refused.id]).toEqual(['', '', '']);
    const line = captured.lines.find((each) => each.includes('OP6226')) ?? '';
    expect(line).toMatch(
      /the access token would have \d+ characters, the limit is 12288.*authzStore\.accessToken\.maxSize/,
    );
    expect(await grants()).toBeLessThanOrEqual(before + 1);
  });

  test('that only stands for what it says may say more', async () => {
    const { access, status } = await withData(16_000, { access_token: { encoding: 'IDENTIFIER' } });
    expect([status, access.length < 100]).toEqual([200, true]);
    expect(await client.isActive(access)).toBe(true);
  });
});

test('a refresh token that carries all by itself is not issued larger than it could be presented', async () => {
  captured.lines.length = 0;
  const large = { x: 'a'.repeat(16_000) };
  const refused = await withData(16_000, {
    long_lived: false,
    access_token: { encoding: 'IDENTIFIER' },
    claims_data: large,
    preset_claims: { userinfo: { y: 'a'.repeat(15_900) } },
  });
  expect(verdict(refused)).toEqual([400, 'invalid_request']);
  expect(captured.lines.find((each) => each.includes('OP6226'))).toMatch(
    /the refresh token would have \d+ characters, the limit is 37500.*op\.token\.httpMaxRequestSize/,
  );
});

describe('the limit follows the configuration', () => {
  test('upwards: what is issued is taken in a header, too', async () => {
    const own = await startTestServer({ properties: { 'authzStore.accessToken.maxSize': '20000' } });
    const party = await own.register(versatile);
    const { access } = await withData((await dataFor(20_000, party)) - 3, {}, party);
    expect(access.length).toBeGreaterThan(19_980);
    expect((await own.userInfo(access)).status).toBe(200);
    await own.close();
  });

  test('downwards: a form that takes less bounds it, and the operator is told of that one', async () => {
    const log = captureLog();
    const properties = { 'op.token.httpMaxRequestSize': '4000' };
    const own = await startTestServer({ properties, log: log.log });
    const party = await own.register(versatile);
    const { access } = await withData((await dataFor(3000, party)) - 3, {}, party);
    expect(await party.isActive(access)).toBe(true);
    expect(verdict(await withData(3000, {}, party))).toEqual([400, 'invalid_request']);
    expect(log.lines.find((line) => line.includes('OP6226'))).toMatch(
      /the limit is 3000.*op\.token\.httpMaxRequestSize/,
    );
    await own.close();
  });
});
