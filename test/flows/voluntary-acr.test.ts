import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from '../../src/testing/caller/client.ts';
import type { Parameters } from '../../src/testing/caller/login-page.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register();
});
afterAll(() => server.close());

const voluntary: readonly (readonly [string, Parameters, object])[] = [
  ['acr_values', { acr_values: 'urn:unknown urn:other' }, {}],
  ['a value of the claims parameter', { claims: '{"id_token":{"acr":{"values":["urn:unknown","urn:other"]}}}' }, {}],
  ['the registered default', {}, { default_acr_values: ['urn:unknown', 'urn:other'] }],
];
const essential = { claims: '{"id_token":{"acr":{"essential":true,"values":["urn:unknown"]}}}' };

/** A browser with a new session, that was asked for nothing yet, of a subject that agreed to everything. */
async function browser(party: TestClient, sub: string) {
  await party.authorize({}, { sub });
  let { subSid } = await client.login({}, { sub });
  return async (parameters: Parameters, authentication: object = {}) => {
    const visit = await party.login(parameters, { sub, subSid: subSid ?? '', authentication });
    subSid = visit.subSid;
    return visit;
  };
}

describe.each(voluntary)('a voluntary acr, by %s,', (by, parameters, metadata) => {
  test('never refuses a silent request', async () => {
    const party = await server.register(metadata);
    const visit = await browser(party, `silent ${by}`);
    expect((await visit({ ...parameters, prompt: 'none' })).params.get('code')).not.toBeNull();
  });

  test('asks once in a session', async () => {
    const party = await server.register(metadata);
    const { subSid } = await client.login({}, { sub: `once ${by}` });
    const first = await party.login(parameters, { sub: `once ${by}`, subSid: subSid ?? '' });
    expect(first.steps[0]).toBe('auth');
    const again = await party.login(parameters, { sub: `once ${by}`, subSid: first.subSid ?? '' });
    expect(again.steps).toEqual(['response']);
    // In a new session the subject is asked again.
    const elsewhere = await client.login({}, { sub: `once ${by}` });
    const there = await party.login(parameters, { sub: `once ${by}`, subSid: elsewhere.subSid ?? '' });
    expect(there.steps[0]).toBe('auth');
  });
});

test('a value that was not asked for yet is asked for once more', async () => {
  const visit = await browser(client, 'climber');
  expect((await visit({ acr_values: 'one' })).steps).toEqual(['auth', 'response']);
  expect((await visit({ acr_values: 'one two' })).steps).toEqual(['auth', 'response']);
  expect((await visit({ acr_values: 'two' })).steps).toEqual(['response']);
  expect((await visit({ acr_values: 'three' }, { acr: 'three' })).steps).toEqual(['auth', 'response']);
});

test('an essential one asks and refuses each time', async () => {
  const visit = await browser(client, 'insisted');
  expect((await visit({ acr_values: 'urn:unknown' })).steps).toEqual(['auth', 'response']);
  expect((await visit({ ...essential, prompt: 'none' })).params.get('error')).toBe('login_required');
  for (let round = 0; round < 2; round++) {
    const { steps, params } = await visit(essential);
    expect([steps, params.get('error')]).toEqual([['auth', 'response'], 'unmet_authentication_requirements']);
  }
  expect((await visit(essential, { acr: 'urn:unknown' })).params.get('code')).not.toBeNull();
});

test('a value too long to be remembered is no reason to ask', async () => {
  const visit = await browser(client, 'longwinded');
  expect((await visit({ acr_values: 'x'.repeat(256) })).steps).toEqual(['response']);
});
