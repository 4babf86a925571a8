import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';
import { decent } from './decency.ts';

let server: TestServer;
const captured = captureLog();

beforeAll(async () => {
  server = await startTestServer({ log: captured.log });
});
afterAll(async () => {
  expect(captured.faults()).toEqual([]);
  await server.close();
});

async function check(body: string | Uint8Array<ArrayBuffer>, type = 'text/plain') {
  const headers = { 'Content-Type': type, Authorization: `Bearer ${demoApiToken}` };
  const init = { method: 'POST', headers, body };
  const response = await server.send('/config/check', init);
  return { status: response.status, json: decent(response, String(body).slice(0, 80)) };
}

describe('any configuration', () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['nothing', ''],
    ['garbage', '\u0000\u0001\u0002'],
    ['bytes that are not UTF-8', Uint8Array.from([0xff, 0xfe, 0x00])],
    ['an unfinished escape', 'a=\\u12'],
    ['a line without end', `op.issuer=${'a'.repeat(40_000)}`],
    ['a continued line without end', 'a=\\\n'.repeat(10_000)],
    ['thousands of properties', Array.from({ length: 5000 }, (_, i) => `p${i}=x`).join('\n')],
    ['prototype names', '__proto__=x\nconstructor=y\ntoString=z\n__proto__.polluted=1'],
    ['deep JSON', `op.metadataOverlay=${'['.repeat(20_000)}`],
    ['too much', 'a=b\n'.repeat(20_000)],
    ['repeated', 'op.issuer=https://a.example\nop.issuer=https://b.example'],
    ['markup', 'op.issuer=<script>alert(1)</script>'],
    ['huge numbers', `http.port=${'9'.repeat(400)}`],
  ])('%s is refused', async (_what, body) => {
    const { status, json } = await check(body);
    expect([status, json['error']]).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['a scope value without claims', 'op.claims.map.foo=sub', 'op.claims.map.foo names no claim'],
    [
      'two sources of one claim',
      'op.usersFileClaimsSource.enable=true\nop.usersFileClaimsSource.file=x\nop.usersFileClaimsSource.supportedClaims=*\nop.httpClaimsSource.enable=true\nop.httpClaimsSource.url=https://claims.example\nop.httpClaimsSource.supportedClaims=email',
      'both support the claim email',
    ],
    ['a users file that is not named', 'op.usersFileClaimsSource.enable=true', 'op.usersFileClaimsSource.file'],
    ['a service that is not named', 'op.httpClaimsSource.enable=true', 'op.httpClaimsSource.url'],
    ['a misspelt method', 'op.token.authMethods=client_secret_basik', 'client_secret_basik is unknown'],
    ['methods of which none is served', 'op.token.authMethods=private_key_jwt', 'leaves nothing that is supported'],
    ['a misspelt response mode', 'op.authz.responseModes=query querry', 'querry is unknown'],
    ['an overlay that is none', 'op.metadataOverlay=[1]', 'is not a JSON object'],
    ['keys without those that are needed', 'keyStore.staticJWKSet.op={"keys":[]}', 'lacks the symmetric key hmac'],
  ])('that cannot be started with is refused: %s', async (_what, text, told) => {
    const sound = `op.issuer=https://id.example\nop.authz.endpoint=/login\nkeyStore.encJWK={"kty":"oct","k":"${'A'.repeat(22)}"}\n`;
    expect((await check(sound)).status).toBe(204);
    const { status, json } = await check(sound + text);
    expect([status, json['error']]).toEqual([400, 'invalid_request']);
    expect(json['error_description']).toContain(told);
  });

  test('reads no file, no environment and no key of this server, and repeats none of it', async () => {
    process.env['ATTACK_CANARY'] = 'canary-in-the-environment';
    for (const text of [
      `op.issuer=${'$'}{ATTACK_CANARY}`,
      `op.issuer=${'$'}{env:ATTACK_CANARY}`,
      'keyStore.staticJWKSet.op=file:///etc/passwd',
      'keyStore.staticJWKSet.op=/etc/passwd',
      'op.usersFileClaimsSource.enable=true\nop.usersFileClaimsSource.file=/etc/passwd',
      'include=/etc/passwd',
      '@/etc/passwd',
    ]) {
      const { json } = await check(text);
      expect(JSON.stringify(json)).not.toMatch(/canary-in|root:/);
    }
    delete process.env['ATTACK_CANARY'];
  });

  test('of another type is refused', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/html']) {
      expect((await check('op.issuer=https://a.example', type)).status).toBe(400);
    }
  });
});
