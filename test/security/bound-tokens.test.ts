import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, bodyOf, textIn, verdict } from '../../src/testing/caller/answer.ts';
import { type Caller, createCaller } from '../../src/testing/caller/caller.ts';
import { redirectUri, type TestClient } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { type ExtendedServer, extendServer } from '../support/extended-server.ts';
import { certificateConstraint, certificateProof, keyConstraint, keyProof } from '../support/sender-constraints.ts';

let server: TestServer;
let extended: ExtendedServer;
/** By the door that knows sender constraints, and by the one that does not. */
let caller: Caller;
let plain: Caller;
let app: TestClient;
let machine: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  extended = await extendServer(server, { senderConstraints: [keyConstraint, certificateConstraint] });
  caller = extended.caller;
  plain = createCaller(server.issuer);
  app = await caller.register({ scope: 'openid' });
  machine = await caller.register({
    grant_types: ['client_credentials'],
    scope: 'read client-reg urn:c2id:introspection_endpoint',
    resources: [server.issuer],
  });
});
afterAll(async () => {
  await extended.close();
  await server.close();
});

type Headers = Readonly<Record<string, string>>;
const none: Headers = {};
const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });
const dpop = (token: string): Headers => ({ Authorization: `DPoP ${token}` });

/** A token of the client itself, bound to what the headers prove. */
async function machineToken(proof: Headers): Promise<string> {
  const form = { grant_type: 'client_credentials', resource: server.issuer };
  return textIn(await caller.post('/token', form, { ...machine.basic, ...proof }), 'access_token');
}

/** A token for UserInfo, bound likewise. */
async function userToken(proof: Headers, consent: object = {}): Promise<string> {
  const { code } = await app.authorize({ prompt: 'consent' }, { consent });
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
  return textIn(await caller.post('/token', form, { ...app.basic, ...proof }), 'access_token');
}

const confirmationOf = async (token: string) => bodyOf('introspection', await machine.introspect(token))['cnf'];

/** Each place where this server takes an access token. */
const resources: readonly (readonly [string, (proof: Headers) => Promise<string>, typeof callUserInfo])[] = [
  ['UserInfo', userToken, callUserInfo],
  ['introspection', machineToken, callIntrospection],
  ['registration', machineToken, callRegistration],
];
function callUserInfo(by: Caller, headers: Headers): Promise<Answer> {
  return by.send('/userinfo', { headers });
}
function callIntrospection(by: Caller, headers: Headers): Promise<Answer> {
  return by.post('/token/introspect', { token: 'x' }, headers);
}
function callRegistration(by: Caller, headers: Headers): Promise<Answer> {
  const body = JSON.stringify({ redirect_uris: [redirectUri] });
  return by.send('/clients', { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body });
}

function expectRefused(answer: Answer): void {
  expect(verdict(answer)).toEqual([401, 'invalid_token']);
  expect(answer.headers.get('www-authenticate')).toMatch(
    /^Bearer realm="OAuth", error="invalid_token", error_description="[^"]+"$/,
  );
}

describe('what a token request proves', () => {
  test.each([
    ['nothing', none, undefined],
    ['a certificate', certificateProof('C'), { 'x5t#S256': 'C' }],
    ['a key', keyProof('K'), { jkt: 'K' }],
    ['both', { ...keyProof('K'), ...certificateProof('C') }, { 'x5t#S256': 'C', jkt: 'K' }],
  ])('binds what is issued: %s', async (_what, proof, confirmation) => {
    expect(await confirmationOf(await machineToken(proof))).toEqual(confirmation);
    for (const encoding of ['SELF_CONTAINED', 'IDENTIFIER']) {
      const token = await userToken(proof, { access_token: { encoding } });
      expect(token.startsWith('ey')).toBe(encoding === 'SELF_CONTAINED');
      expect(await confirmationOf(token)).toEqual(confirmation);
    }
  });

  test('binds what a refresh yields to the key of the refresh', async () => {
    const tokens = await app.tokens({}, { consent: { long_lived: true } });
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh };
    const refreshed = await caller.post('/token', form, { ...app.basic, ...keyProof('K2') });
    expect(await confirmationOf(textIn(refreshed, 'access_token'))).toEqual({ jkt: 'K2' });
  });

  test('a bad proof is refused, and nothing is issued', async () => {
    const form = { grant_type: 'client_credentials' };
    const answer = await caller.post('/token', form, { ...machine.basic, ...keyProof('K', 'unexpected') });
    expect(answer.status).toBe(401);
    expect(answer.body['access_token']).toBeUndefined();
  });
});

describe.each(resources)('%s', (_name, token, call) => {
  test('takes an unbound token without proof, and with any', async () => {
    for (const proof of [none, certificateProof('C')]) {
      const text = await token(none);
      expect((await call(caller, { ...bearer(text), ...proof })).status).toBeLessThan(300);
    }
  });

  test('takes a token bound to a certificate with that certificate alone', async () => {
    const text = await token(certificateProof('C'));
    for (const proof of [none, certificateProof('D'), certificateProof(''), keyProof('C', text), { 'X-Other': 'C' }]) {
      const answer = await call(caller, { ...bearer(text), ...proof });
      expectRefused(answer);
      expect(answer.body['error_description']).toContain('client X.509 certificate for x5t#S256 bound access token');
    }
    expect((await call(caller, { ...bearer(text), ...certificateProof('C') })).status).toBeLessThan(300);
  });

  test('takes a token bound to a key with that key and by its scheme alone', async () => {
    const text = await token(keyProof('K'));
    const good = keyProof('K', text);
    for (const headers of [
      bearer(text),
      { ...bearer(text), ...good },
      dpop(text),
      { ...dpop(text), ...keyProof('L', text) },
      { ...dpop(text), ...keyProof('K', 'another token') },
      { ...dpop(text), ...certificateProof('K') },
    ]) {
      expectRefused(await call(caller, headers));
    }
    expect((await call(caller, { Authorization: `dpop ${text}`, ...good })).status).toBeLessThan(300);
  });

  test('takes no unbound token by the scheme of bound ones', async () => {
    const text = await token(none);
    expectRefused(await call(caller, dpop(text)));
    expectRefused(await call(caller, { ...dpop(text), ...keyProof('K', text) }));
  });

  test('asks for every proof of a token that is bound twice', async () => {
    const text = await token({ ...keyProof('K'), ...certificateProof('C') });
    const key = keyProof('K', text);
    const certificate = certificateProof('C');
    expectRefused(await call(caller, { ...dpop(text), ...key }));
    expectRefused(await call(caller, { ...dpop(text), ...certificate }));
    expect((await call(caller, { ...dpop(text), ...key, ...certificate })).status).toBeLessThan(300);
  });

  test('takes no bound token where the server can check no proof', async () => {
    for (const proof of [certificateProof('C'), keyProof('K')]) {
      const text = await token(proof);
      expectRefused(await call(plain, { ...bearer(text), ...proof }));
      const otherScheme = await call(plain, { ...dpop(text), ...proof });
      expect(otherScheme.status).toBe(401);
    }
  });
});

describe('the places of a token', () => {
  test('a bound token in the form of UserInfo is asked for its proof as well', async () => {
    const byCertificate = await userToken(certificateProof('C'));
    const form = { access_token: byCertificate };
    expectRefused(await caller.post('/userinfo', form));
    expect((await caller.post('/userinfo', form, { ...certificateProof('C') })).status).toBe(200);
    const byKey = await userToken(keyProof('K'));
    expectRefused(await caller.post('/userinfo', { access_token: byKey }, { ...keyProof('K', byKey) }));
  });

  test('two tokens are none, whatever their scheme', async () => {
    const text = await userToken(keyProof('K'));
    const headers = { ...dpop(text), ...keyProof('K', text) };
    expect(verdict(await caller.post('/userinfo', { access_token: text }, headers))).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['introspection', '/token/introspect', 401],
    ['registration', '/clients', 403],
  ])('the form of %s is none', async (_name, path, status) => {
    const text = await machineToken(none);
    expect((await caller.post(path, { token: 'x', access_token: text })).status).toBe(status);
  });
});

test('introspection shows a bound token to whoever asks, and leaves it to them to have it proved', async () => {
  const token = await machineToken(certificateProof('C'));
  expect((await machine.introspect(token)).body).toMatchObject({ active: true, cnf: { 'x5t#S256': 'C' } });
});

describe('there is no other way', () => {
  const sources = async (pattern: RegExp) => {
    const found: string[] = [];
    for await (const file of glob('src/**/*.ts')) if (pattern.test(readFileSync(file, 'utf8'))) found.push(file);
    return found.map((file) => file.split('/').at(-1)).sort();
  };

  test('access tokens are only verified where their binding is enforced, or to be looked at', async () => {
    expect(await sources(/\bverifyAccessToken\b/)).toEqual([
      'introspection-endpoint.ts',
      'protected-resource.ts',
      'verify-access-token.ts',
    ]);
  });

  test('proofs are made in one place each', async () => {
    expect(await sources(/\bas BoundToken\b/)).toEqual(['protected-resource.ts']);
    expect(await sources(/\bas AuthenticatedClient\b/)).toEqual(['authenticate-client.ts']);
  });
});
