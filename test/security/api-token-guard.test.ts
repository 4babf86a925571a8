import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken, demoApiTokenHash } from '../../src/demo.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from './captured-log.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
});
afterAll(() => server.close());

const authz = '/authz-sessions/rest/v3';
const store = '/session-store/rest/v2';

const guarded: readonly (readonly [string, string])[] = [
  ['GET', '/clients'],
  ['POST', authz],
  ['GET', `${authz}/x`],
  ['PUT', `${authz}/x`],
  ['DELETE', `${authz}/x`],
  ['GET', `${authz}/x/data`],
  ['PUT', `${authz}/x/data`],
  ['DELETE', `${authz}/x/data`],
  ['POST', `${store}/sessions`],
  ['GET', `${store}/sessions`],
  ['DELETE', `${store}/sessions?all=true`],
  ['PUT', `${store}/sessions/subject-auth`],
  ['PUT', `${store}/sessions/subject-auth-life`],
  ['GET', `${store}/sessions/claims`],
  ['PUT', `${store}/sessions/data`],
  ['DELETE', `${store}/sessions/rps`],
  ['GET', `${store}/sessions/count`],
  ['GET', `${store}/subjects`],
  ['GET', `${store}/subjects/count`],
  ['GET', '/monitor/v1/ping'],
  ['GET', '/monitor/v1/healthcheck'],
  ['GET', '/monitor/v1/metrics'],
  ['GET', '/monitor/v1/prometheus'],
  ['GET', '/monitor/v1/threads'],
];

async function call(method: string, path: string, headers: Record<string, string>, at = server) {
  const init = { method, headers: { 'Content-Type': 'application/json', ...headers } };
  return at.send(path, init);
}

describe.each(guarded)('%s %s', (method, path) => {
  test('asks for a token', async () => {
    const answer = await call(method, path, {});
    expect(verdict(answer)).toEqual([401, 'missing_token']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="OAuth"');
  });

  test('refuses every other token', async () => {
    const tokens = await client.tokens({}, { sub: 'api' });
    for (const authorization of [
      'Bearer wrong',
      `Bearer ${demoApiTokenHash}`,
      `Bearer ${demoApiToken.toLowerCase()}`,
      `Bearer ${demoApiToken}x`,
      `Bearer ${demoApiToken.slice(0, -1)}`,
      `Bearer ${tokens.access}`,
      `Bearer ${tokens.refresh}`,
      `Bearer ${client.registrationToken}`,
      `Bearer ${client.secret}`,
    ]) {
      const answer = await call(method, path, { Authorization: authorization });
      expect(verdict(answer), authorization).toEqual([401, 'invalid_token']);
      expect(answer.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="OAuth", error="invalid_token", error_description="[^"]+"$/,
      );
      expect(answer.text).not.toContain(demoApiToken);
    }
  });

  test('refuses every other scheme, by which no token is presented (RFC 6750, section 3.1)', async () => {
    for (const authorization of [
      `Basic ${Buffer.from(`x:${demoApiToken}`).toString('base64')}`,
      `Basic ${demoApiToken}`,
      `DPoP ${demoApiToken}`,
      demoApiToken,
      `Token ${demoApiToken}`,
      `Bearer: ${demoApiToken}`,
      'Bearer',
    ]) {
      const answer = await call(method, path, { Authorization: authorization });
      expect(verdict(answer), authorization).toEqual([401, 'missing_token']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="OAuth"');
      expect(answer.text).not.toContain(demoApiToken);
    }
  });

  test('takes no token from the query, a cookie or another header', async () => {
    const glue = path.includes('?') ? '&' : '?';
    // Monitoring alone takes it from the query, for load balancers.
    const inQuery = path.startsWith('/monitor/') ? path : `${path}${glue}access_token=${demoApiToken}`;
    const answers = [
      await call(method, inQuery, {}),
      await call(method, path, { Cookie: `access_token=${demoApiToken}; Authorization=Bearer ${demoApiToken}` }),
      await call(method, path, { 'X-Authorization': `Bearer ${demoApiToken}`, 'X-API-Key': demoApiToken }),
      await call(method, path, { 'Proxy-Authorization': `Bearer ${demoApiToken}` }),
    ];
    for (const answer of answers) expect(verdict(answer)).toEqual([401, 'missing_token']);
  });
});

test('an API without a configured token is closed to everybody, also to the tokens of the others', async () => {
  const without = {
    'op.authz.apiAccessTokenSHA256': '',
    'sessionStore.apiAccessTokenSHA256': '',
    'op.reg.apiAccessTokenSHA256': '',
    'monitor.apiAccessTokenSHA256': '',
  };
  const closed = await startTestServer({ properties: without });
  for (const [method, path] of guarded) {
    for (const headers of [{}, { Authorization: `Bearer ${demoApiToken}` }, { Authorization: 'Bearer ' }]) {
      const answer = await call(method, path, headers, closed);
      if (path === '/clients') expect(answer.status, path).toBe(401);
      else expect(verdict(answer), path).toEqual([403, 'web_api_disabled']);
    }
  }
  const body = JSON.stringify({ redirect_uris: ['https://rp.example/cb'] });
  const headers = { 'Content-Type': 'application/json' };
  const open = await closed.send('/clients', { method: 'POST', headers, body });
  expect(verdict(open)).toEqual([403, 'access_denied']);
  await closed.close();
});

test('each API has its own tokens, several by label', async () => {
  const token = (name: string) => `${name}-token-of-at-least-32-characters`;
  const hash = (name: string) => createHash('sha256').update(token(name)).digest('hex');
  const own = await startTestServer({
    properties: {
      'op.authz.apiAccessTokenSHA256': hash('authz'),
      'op.authz.apiAccessTokenSHA256.next': hash('next').toUpperCase(),
      'sessionStore.apiAccessTokenSHA256': hash('store'),
      'op.reg.apiAccessTokenSHA256': hash('reg'),
    },
  });
  const doors = { authz: [`${authz}/x`, 404], store: [`${store}/subjects`, 200], reg: ['/clients', 200] } as const;
  for (const [door, [path, status]] of Object.entries(doors)) {
    for (const name of ['authz', 'next', 'store', 'reg']) {
      const fits = name === door || (door === 'authz' && name === 'next');
      const answer = await call('GET', path, { Authorization: `Bearer ${token(name)}` }, own);
      expect([door, name, answer.status]).toEqual([door, name, fits ? status : 401]);
    }
  }
  await own.close();
});

test('a monitoring token in the query is checked like any other', async () => {
  for (const wrong of ['', 'x', demoApiTokenHash, `${demoApiToken}&access_token=x`.slice(1)]) {
    const answer = await call('GET', `/monitor/v1/metrics?access_token=${wrong}`, {});
    expect(verdict(answer)).toEqual([401, 'invalid_token']);
  }
  expect((await call('GET', `/monitor/v1/ping?access_token=${demoApiToken}`, {})).status).toBe(200);
  const both = await call('GET', `/monitor/v1/ping?access_token=${demoApiToken}`, { Authorization: 'Bearer x' });
  expect(verdict(both)).toEqual([401, 'invalid_token']);
});

test('UserInfo takes no token from the query', async () => {
  const { access } = await client.tokens({}, { sub: 'query' });
  for (const method of ['GET', 'POST']) {
    const answer = await call(method, `/userinfo?access_token=${access}`, {});
    expect(verdict(answer)).toEqual([401, 'missing_token']);
  }
});

test('a wrong token is noticed: at each web API, without the token itself', async () => {
  const captured = captureLog();
  const watched = await startTestServer({ log: captured.log });
  try {
    const apis = ['/clients', `${authz}/x`, `${store}/sessions`, '/monitor/v1/ping'];
    for (const path of apis) {
      expect((await call('GET', path, { Authorization: 'Bearer guessed-it-maybe' }, watched)).status).toBe(401);
      // Who has no token at all is not guessing.
      expect((await call('GET', path, {}, watched)).status).toBe(401);
    }
    const noticed = captured.lines.filter((line) => line.includes('OP9504'));
    expect(noticed).toHaveLength(apis.length);
    expect(captured.lines.join('')).not.toContain('guessed-it');
    const metrics = (await watched.call('GET', '/monitor/v1/metrics')).body;
    expect(metrics['meters']).toMatchObject({ 'op.invalidAPITokens': { count: apis.length } });
  } finally {
    await watched.close();
  }
});
