import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../test-server.ts';
import { NoAnswer, verdict, WrongAnswer } from './answer.ts';
import { createCaller } from './caller.ts';
import { versatile } from './client.ts';
import { claimsOf, headerOf } from './jwt.ts';
import { codeIn } from './login-page.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test('a client goes from registration to tokens, UserInfo, a refresh, introspection and revocation', async () => {
  const client = await server.register(versatile);
  const tokens = await client.tokens({ nonce: 'n' }, { sub: 'bob', consent: { long_lived: true } });
  expect(claimsOf(tokens.id)).toMatchObject({ sub: 'bob', nonce: 'n' });
  expect(headerOf(tokens.access)).toHaveProperty('kid');
  expect((await server.userInfo(tokens.access)).body).toEqual({ sub: 'bob' });
  expect((await client.refresh(tokens.refresh)).access).not.toBe(tokens.access);
  await client.revoke(tokens.access);
  expect(await client.isActive(tokens.access)).toBe(false);
});

test('a login page takes one step at a time', async () => {
  const client = await server.register();
  const consent = await server.page.put(await client.start(), { sub: 'carol' });
  const code = codeIn(await server.page.put(consent, { scope: ['openid'] }));
  expect((await client.redeem(code ?? '')).status).toBe(200);
});

test('the same client by another caller, or with other credentials', async () => {
  const client = await server.register(versatile);
  const grant = { grant_type: 'client_credentials' };
  expect((await client.by(createCaller(server.issuer)).token(grant)).status).toBe(200);
  expect(verdict(await client.with({ secret: 'wrong' }).token(grant))).toEqual([401, 'invalid_client']);
});

test('tells what the server refused from a server that is gone', async () => {
  await expect(server.register({ redirect_uris: [] })).rejects.toThrow(WrongAnswer);
  await expect(createCaller('http://127.0.0.1:1').userInfo('token')).rejects.toThrow(NoAnswer);
});
