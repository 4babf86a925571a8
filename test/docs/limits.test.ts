import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { errorCatalogue } from '../../src/errors/catalogue.ts';
import { builtInFeatures } from '../../src/features.ts';
import type { Limit } from '../../src/protocol/features/limit.ts';
import type { Answer } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
});
afterAll(() => server.close());

const limits = builtInFeatures.flatMap((feature) =>
  (feature.limits ?? []).map((limit) => ({ feature: feature.name, limit })),
);

function limitOf(feature: string, start: string): Limit {
  const found = limits.find((each) => each.feature === feature && each.limit.what.startsWith(start));
  if (!found) throw new Error(`${feature} has no limit of ${start}`);
  return found.limit;
}

const letters = (count: number) => 'a'.repeat(count);
const redirect_uris = ['https://rp.example/cb'];
const register = (members: object) => server.call('POST', '/clients', { redirect_uris, ...members });
const start = (query: Record<string, string>) =>
  server.call('POST', '/authz-sessions/rest/v3', { query: new URLSearchParams(client.query(query)).toString() });
const session = (members: object) => server.call('POST', '/session-store/rest/v2/sessions', { sub: 'x', ...members });
const registered = (body: string) =>
  server.send('/clients', {
    method: 'POST',
    headers: { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': 'application/json' },
    body,
  });

/** JSON with so many levels in all, one of them that of the body itself. */
const nested = (levels: number) => `{"data":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

/** A request that needs exactly so much of what the limit counts. */
const probes: readonly (readonly [string, string, (count: number) => Promise<Answer>])[] = [
  ['general', 'Levels of nesting', (count) => registered(nested(count))],
  ['general', 'Parameters of a form', (count) => client.introspect('x', formOf(count - 1))],
  ['general', 'Items of a list', (count) => session({ amr: Array.from({ length: count }, () => 'pwd') })],
  [
    'general',
    'Values of a scope',
    (count) => client.token({ grant_type: 'client_credentials', scope: scopeOf(count) }),
  ],
  ['registration', 'A text of the metadata', (count) => register({ client_name: letters(count) })],
  [
    'registration',
    'Items of a list',
    (count) => register({ contacts: Array.from({ length: count }, () => 'a@b.example') }),
  ],
  ['registration', 'Clients in a page', (count) => server.call('GET', `/clients?limit=${count}`)],
  ['sessions', 'Identifier of a subject', (count) => session({ sub: letters(count) })],
  ['authorize', '`state`', (count) => start({ state: letters(count) })],
  ['authorize', '`nonce` and `login_hint`', (count) => start({ nonce: letters(count) })],
];

function formOf(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 'x']));
}

function scopeOf(count: number): string {
  return Array.from({ length: count }, (_, index) => `s${index}`).join(' ');
}

describe('what the table says is what the server does', () => {
  test.each(probes)('%s: %s', async (feature, what, probe) => {
    const { number, beyond } = limitOf(feature, what);
    if (!('error' in beyond)) throw new Error(`${what} has no error`);
    const { code, status } = errorCatalogue[beyond.error];
    const refused = await probe(number + 1);
    // What the login page is answered is a message about the error.
    if (refused.status === 200) expect(JSON.stringify(refused.body)).toContain(code);
    else expect([refused.status, refused.body['error']]).toEqual([status, code]);
    const taken = await probe(number);
    // It may be refused for something else, but not for its size.
    const { error_description: refusedFor } = refused.body;
    expect(taken.text).not.toBe(refused.text);
    if (taken.status >= 400) expect(taken.body['error_description']).not.toBe(refusedFor);
  });
});

test('every number in the code that is called a limit is in the table, and stands in one place', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const files = globSync('src/**/*.ts', { cwd: root }).filter(
    (path) => !/\.test\.ts$|^src\/(testing|storage)\//.test(path),
  );
  const texts = files.map((path) => readFileSync(`${root}${path}`, 'utf8'));
  const declaring = texts.filter((text) => /\b(fixedLimit|configuredLimit)\(/.test(text)).join('\n');
  const names = texts.flatMap((text) =>
    [...text.matchAll(/^(?:export )?const ((?:max|longest)\w*|\w+Limit) = [\d_]+;/gm)].map(([, name = '']) => name),
  );
  // Attempts of the server itself, the life of cached metadata, and names that no property has, bound nobody outside.
  const own = new Set(['maxAttempts', 'maxUpdateAttempts', 'maxAge', 'longestName']);
  const missing = names.filter((name) => !own.has(name) && !new RegExp(`\\b${name}\\b`).test(declaring));
  expect(missing).toEqual([]);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
