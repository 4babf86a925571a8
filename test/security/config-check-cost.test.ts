import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { cpuMilliseconds } from '../support/cpu-time.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

function check(body: string, token: string | undefined = demoApiToken, at = server) {
  const headers = { 'Content-Type': 'text/plain', ...(token === '' ? {} : { Authorization: `Bearer ${token}` }) };
  return at.send('/config/check', { method: 'POST', headers, body });
}

test('a stranger has nothing checked', async () => {
  expect(await check('http.port=1', '')).toMatchObject({ status: 401 });
  expect(await check('http.port=1', 'guessed')).toMatchObject({ status: 401 });
});

test('without a token of its own the path is unknown to everybody', async () => {
  const closed = await startTestServer({ properties: { 'op.configCheck.apiAccessTokenSHA256': '' } });
  try {
    const unknown = await closed.send('/config/chekc', { method: 'POST' });
    for (const token of ['', demoApiToken]) {
      const { status, text } = await check('http.port=1', token, closed);
      expect([status, text]).toEqual([404, unknown.text]);
    }
  } finally {
    await closed.close();
  }
});

const longest = 49_900;
const fill = (line: (index: number) => string): string => {
  let text = '';
  for (let index = 0; text.length < longest; index++) text += line(index);
  return text.slice(0, longest);
};
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

test.each([
  ['near misses of names', fill((index) => `op.authz.advertisedCliams${index % 10}${index}=x\n`)],
  [
    'the same, as many as are taken',
    Array.from({ length: 999 }, (_, index) => `op.authz.alwaysPromtForAut${index}=x`).join('\n'),
  ],
  [
    'the same in JSON',
    JSON.stringify(Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`op.authz.sessionLifetme${i}`, 'x']))),
  ],
  ['a name of dots', `op.claims.map${'.a'.repeat(24_900)}=x`],
  ['one line in thousands', `a=${'\\\nx'.repeat(16_000)}`],
  ['objects in objects', nested(2000)],
  ['objects in objects, up to the limit', nested(8000)],
  ['lists in lists', `{"op.metadataOverlay":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ['a deep overlay', `op.metadataOverlay=${nested(8000)}`],
  ['thousands of scope values', fill((index) => `op.claims.map.s${index}=email\n`)],
  ['thousands of claims', `op.authz.advertisedClaims=${fill((index) => `c${index} `)}`],
  ['thousands of methods', `op.token.authMethods=${fill((index) => `m${index} `)}`],
])('what is long to check is bounded: %s', async (_what, body) => {
  expect(body.length).toBeLessThanOrEqual(50_000);
  await check('http.port=1');
  let answer: Awaited<ReturnType<typeof check>> | undefined;
  const cost = await cpuMilliseconds(async () => {
    answer = await check(body);
  });
  expect(answer?.status).toBe(400);
  // Near misses used to take 2,500 ms, and deep objects answered 500.
  expect(cost).toBeLessThan(600);
});
