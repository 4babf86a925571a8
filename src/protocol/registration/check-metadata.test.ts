import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { generateKeySet } from '../../crypto/generate-keys.ts';
import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { builtInFeatures } from '../../features.ts';
import { testProvider } from '../../testing/test-server.ts';
import type { Provider } from '../context.ts';
import { checkMetadata } from './check-metadata.ts';
import { masterRegistrant, openRegistrant, type Registrant } from './registrant.ts';
import { unservedMembers } from './unserved-members.ts';

const redirect_uris = ['https://client.example.org/cb'];
const publicJwk = (type: 'ec' | 'rsa', bits = 2048) => {
  const pair =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: bits });
  const json = (key: typeof pair.publicKey): JsonObject => JSON.parse(JSON.stringify(key.export({ format: 'jwk' })));
  return { public: json(pair.publicKey), private: json(pair.privateKey) };
};
const ec = publicJwk('ec');

/** An RSA key as far as its form goes. */
const rsaOf = (bits: number, e = Buffer.from([1, 0, 1])): JsonObject => ({
  kty: 'RSA',
  n: Buffer.alloc(bits / 8, 0xff).toString('base64url'),
  e: e.toString('base64url'),
});

const privateUrls = [
  'https://127.0.0.1/r',
  'https://[::1]/r',
  'https://localhost/r',
  'https://a.localhost./r',
  'https://169.254.169.254/latest/meta-data/',
  'https://[fe80::1]/r',
  'https://10.0.0.1/r',
  'https://192.168.1.1/r',
  'https://0x7f.1/r',
];

type Properties = Readonly<Record<string, string>>;

const providers = new Map<string, Promise<Provider>>();

function providerWith(properties: Properties): Promise<Provider> {
  const key = JSON.stringify(properties);
  const provider = providers.get(key) ?? testProvider({ properties });
  providers.set(key, provider);
  return provider;
}

async function check(body: JsonObject, properties: Properties = {}, registrant: Registrant = masterRegistrant) {
  return checkMetadata(body, await providerWith(properties), registrant);
}

async function refusal(body: JsonObject, properties: Properties = {}): Promise<OAuthError> {
  try {
    await check(body, properties);
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('defaults and dependencies of grant_types and response_types', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['neither', { redirect_uris }, { response_types: ['code'], grant_types: ['authorization_code'] }],
    [
      'grants with a redirection',
      { redirect_uris, grant_types: ['refresh_token', 'authorization_code'] },
      { response_types: ['code'], grant_types: ['refresh_token', 'authorization_code'] },
    ],
    [
      'grants without a redirection',
      { grant_types: ['client_credentials'] },
      { response_types: [], grant_types: ['client_credentials'] },
    ],
    [
      'response types alone',
      { redirect_uris, response_types: ['code'] },
      { response_types: ['code'], grant_types: ['authorization_code'] },
    ],
    ['no grant at all', { grant_types: [], response_types: [] }, { grant_types: [], response_types: [] }],
    ['no response type alone', { response_types: [] }, { grant_types: [], response_types: [] }],
    [
      'null as absence',
      { redirect_uris, response_types: null, grant_types: null },
      { response_types: ['code'], grant_types: ['authorization_code'] },
    ],
  ])('%s', async (_what, body, expected) => {
    expect(await check(body)).toMatchObject(expected);
  });

  test.each<[string, JsonObject, string, string]>([
    ['no redirect_uris', {}, 'invalid_redirect_uri', 'redirect_uris'],
    ['empty redirect_uris', { redirect_uris: [] }, 'invalid_redirect_uri', 'redirect_uris'],
    ['a fragment', { redirect_uris: ['https://c.example/cb#foobar'] }, 'invalid_redirect_uri', 'fragment'],
    [
      'a template',
      { redirect_uris: ['urn:c2id:redirect_uri_template:https://[a].example/cb'] },
      'invalid_redirect_uri',
      'not supported',
    ],
    [
      'a response type without its grant',
      { redirect_uris, response_types: ['code'], grant_types: ['refresh_token'] },
      'invalid_client_metadata',
      'authorization_code',
    ],
    [
      'a grant without its response type',
      { redirect_uris, response_types: [], grant_types: ['authorization_code'] },
      'invalid_client_metadata',
      'response_types',
    ],
    ['an unknown grant', { grant_types: ['implicit'] }, 'invalid_client_metadata', 'client_credentials'],
    ['an unknown response type', { redirect_uris, response_types: ['token'] }, 'invalid_client_metadata', 'code'],
    [
      'client_credentials of a public client',
      { grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' },
      'invalid_client_metadata',
      'token_endpoint_auth_method',
    ],
    [
      'jwks and jwks_uri',
      { redirect_uris, jwks: { keys: [ec.public] }, jwks_uri: 'https://c.example/jwks' },
      'invalid_client_metadata',
      'jwks',
    ],
  ])('refuses %s', async (_what, body, code, text) => {
    const error = await refusal(body);
    expect(error.code).toBe(code);
    expect(error.description).toContain(text);
  });

  test('a grant that is switched off can be registered, for introspection; an unknown one cannot', async () => {
    const metadata = { grant_types: ['client_credentials'], response_types: [] };
    const off = { 'op.grantHandler.clientCredentials.simpleHandler.enable': 'false' };
    expect(await check(metadata, off)).toMatchObject(metadata);
    const error = await refusal({ grant_types: ['password'] });
    expect(error.description).toContain('grant_types: expected grant types out of authorization_code, refresh_token');
  });
});

describe('values from the configuration and the keys', () => {
  test('the first method other than none is the default', async () => {
    const options = { 'op.token.authMethods': 'none client_secret_post client_secret_basic' };
    expect(await check({ redirect_uris }, options)).toMatchObject({ token_endpoint_auth_method: 'client_secret_post' });
  });

  test('a method is registered only if it is configured and there', async () => {
    const options = { 'op.token.authMethods': 'client_secret_basic private_key_jwt' };
    for (const token_endpoint_auth_method of ['client_secret_post', 'private_key_jwt', 'toString']) {
      const { description } = await refusal({ redirect_uris, token_endpoint_auth_method }, options);
      expect(description).toBe('token_endpoint_auth_method: expected one of client_secret_basic');
    }
  });

  test('an ID token algorithm needs permission and a key', async () => {
    const { keys } = await generateKeySet({ rsa: 2048 });
    const properties = {
      'keyStore.staticJWKSet.op': JSON.stringify({ keys: keys.filter(({ crv }) => crv !== 'P-521') }),
    };
    const register = (alg: string, more = {}) =>
      check({ redirect_uris, id_token_signed_response_alg: alg }, { ...properties, ...more });
    expect(await register('EdDSA')).toMatchObject({ id_token_signed_response_alg: 'EdDSA' });
    await expect(register('ES512')).rejects.toThrow(OAuthError);
    await expect(register('none')).rejects.toThrow(OAuthError);
    expect(await register('none', { 'op.idToken.jwsAlgs': 'RS256 none' })).toMatchObject({
      id_token_signed_response_alg: 'none',
    });
    const elliptic = { 'op.idToken.jwsAlgs': 'ES256' };
    expect(await check({ redirect_uris }, elliptic)).toMatchObject({ id_token_signed_response_alg: 'ES256' });
  });
});

describe('single members', () => {
  test.each<[JsonObject, JsonObject]>([
    [{ software_version: 1.5 }, { software_version: '1.5' }],
    [{ scope: ' openid  email openid' }, { scope: 'openid email' }],
    [{ initiate_login_uri: 'https://c.example/start' }, { initiate_login_uri: 'https://c.example/start' }],
    [{ default_max_age: 0 }, { default_max_age: 0 }],
    [{ 'client_name#zh-Hant-HK': '名' }, { 'client_name#zh-Hant-HK': '名' }],
    [{ 'logo_uri#bg': 'http://c.example/l.png' }, { 'logo_uri#bg': 'http://c.example/l.png' }],
    [{ code_challenge_method: 'S256' }, { code_challenge_method: 'S256' }],
    [{ require_pushed_authorization_requests: false }, { require_pushed_authorization_requests: false }],
    [{ subject_type: 'public' }, { subject_type: 'public' }],
    [{ request_uris: ['https://c.example/r#hash'] }, { request_uris: ['https://c.example/r#hash'] }],
    [{ jwks: { keys: [ec.public, { kty: 'AKP', x: 1 }] } }, { jwks: { keys: [ec.public, { kty: 'AKP', x: 1 }] } }],
    [{ post_logout_redirect_uris: ['com.example:/bye'] }, { post_logout_redirect_uris: ['com.example:/bye'] }],
    [
      { application_type: 'native', frontchannel_logout_uri: 'com.example:/bye' },
      { frontchannel_logout_uri: 'com.example:/bye' },
    ],
  ])('takes %j', async (members, expected) => {
    expect(await check({ redirect_uris, ...members })).toMatchObject(expected);
  });

  test.each<[JsonObject, string]>([
    [{ initiate_login_uri: 'http://c.example/start' }, 'initiate_login_uri: expected an https URL'],
    [{ jwks_uri: 'http://c.example/jwks' }, 'jwks_uri: expected an https URL'],
    [{ logo_uri: 'javascript:alert(1)' }, 'logo_uri: expected an https or http URL'],
    [{ 'tos_uri#bg': 'data:text/html,x' }, 'tos_uri#bg: expected an https or http URL'],
    [{ 'client_name#"><script>': 'x' }, 'client_name: expected a BCP 47 language tag after the #'],
    [{ client_name: 'a\u0000b' }, 'client_name: control characters are not allowed'],
    [{ client_name: '\ud800' }, 'client_name: control characters are not allowed'],
    [{ client_name: '' }, 'client_name: expected 1 to 2048 characters'],
    [{ client_name: ['x'] }, 'client_name: expected a string'],
    [{ contacts: 'a@example.org' }, 'contacts: expected an array of strings'],
    [{ contacts: [1] }, 'contacts: expected a string'],
    [{ contacts: Array(101).fill('a') }, 'contacts: expected at most 100 items'],
    [{ default_max_age: -1 }, 'default_max_age: expected a whole number of seconds'],
    [{ default_max_age: '60' }, 'default_max_age: expected a whole number of seconds'],
    [{ require_auth_time: 'true' }, 'require_auth_time: expected true or false'],
    [{ application_type: 'desktop' }, 'application_type: expected one of web, native'],
    [{ code_challenge_method: 's256' }, 'code_challenge_method: expected one of plain, S256'],
    [{ scope: 'a"b' }, 'scope: expected at most 200 scope values'],
    [{ data: { a: ['\u0000'] } }, 'data: NUL and unpaired'],
    [{ data: [] }, 'data: expected a JSON object'],
    [{ post_logout_redirect_uris: ['javascript:alert(1)'] }, 'post_logout_redirect_uris: the scheme is not allowed'],
    [{ frontchannel_logout_uri: 'http://c.example/bye' }, 'frontchannel_logout_uri: expected an https URL'],
    [{ backchannel_logout_uri: 'http://c.example/bye' }, 'backchannel_logout_uri: expected an https URL'],
    [{ backchannel_logout_uri: 'https://c.example/bye#x' }, 'backchannel_logout_uri: a fragment'],
    [{ subject_type: 'pairwise' }, 'subject_type: pairwise is not supported by this server'],
    [{ jwks: { keys: [ec.private] } }, 'jwks: private and symmetric keys are not accepted'],
    [{ jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }, 'jwks: private and symmetric keys are not accepted'],
    [{ jwks: { keys: [{ ...ec.public, y: 'AAAA' }] } }, 'jwks: a key is malformed'],
    [{ jwks: { keys: [publicJwk('rsa', 1024).public] } }, 'jwks: a key is malformed or too weak'],
    [{ jwks: { keys: {} } }, 'jwks: expected a JWK set'],
    [{ jwks: 'x' }, 'jwks: expected a JWK set'],
    [{ jwks: { keys: [] } }, 'jwks: expected 1 to 20 keys'],
    [{ jwks: { keys: Array(21).fill(ec.public) } }, 'jwks: expected 1 to 20 keys'],
    [{ jwks: { keys: [rsaOf(32_768)] } }, 'jwks: expected RSA keys of 2048 to 8192 bits'],
    [{ jwks: { keys: [rsaOf(8200)] } }, 'jwks: expected RSA keys of 2048 to 8192 bits'],
    [{ jwks: { keys: [rsaOf(2048, Buffer.alloc(383, 0xff))] } }, 'jwks: expected RSA keys'],
    [{ jwks: { keys: [rsaOf(2048, Buffer.from([1, 0, 0, 0, 1]))] } }, 'jwks: expected RSA keys'],
    [{ jwks: { keys: [rsaOf(2048, Buffer.from([1]))] } }, 'jwks: '],
    [{ jwks: { keys: [rsaOf(2048, Buffer.from([3]))] } }, 'jwks: expected RSA keys'],
    [{ jwks: { keys: [rsaOf(2048, Buffer.from([1, 0, 2]))] } }, 'jwks: expected RSA keys'],
    ...[...privateUrls, 'http://c.example/r', 'https://c.example:22/r', 'https://user@c.example/r'].flatMap(
      (url): [JsonObject, string][] => [
        [{ jwks_uri: url }, 'jwks_uri: expected an https URL'],
        [{ request_uris: [url] }, 'request_uris: expected an https URL'],
        [{ backchannel_logout_uri: url }, 'backchannel_logout_uri: expected an https URL'],
      ],
    ),
    [{ post_logout_redirect_uris: ['ms-msdt:/id'] }, 'post_logout_redirect_uris: the scheme is not allowed'],
    [
      { post_logout_redirect_uris: ['myapp:/bye'] },
      'post_logout_redirect_uris: expected https, or a custom scheme with',
    ],
    [
      { application_type: 'native', frontchannel_logout_uri: 'myapp:/bye' },
      'frontchannel_logout_uri: expected https, or',
    ],
  ])('refuses %j', async (members, text) => {
    expect((await refusal({ redirect_uris, ...members })).description).toContain(text);
  });

  test('an empty JWK set is invalid metadata like any other', async () => {
    expect((await refusal({ redirect_uris, jwks: { keys: [] } })).code).toBe('invalid_client_metadata');
  });

  test('a custom scheme without a dot is taken where it is configured', async () => {
    const metadata = { redirect_uris: ['myapp:/cb'], post_logout_redirect_uris: ['MyApp:/bye'] };
    expect((await refusal(metadata)).code).toBe('invalid_redirect_uri');
    const configured = { 'op.reg.allowedCustomURISchemes': 'other MYAPP' };
    expect(await check(metadata, configured)).toMatchObject({ application_type: 'native', ...metadata });
  });

  test('URLs on the own network are taken where that is configured, and plain http is not', async () => {
    const open = { 'op.reg.resourceRetriever.denyPrivateAddresses': 'false' };
    for (const jwks_uri of privateUrls)
      expect(await check({ redirect_uris, jwks_uri }, open)).toMatchObject({ jwks_uri });
    const error = await refusal({ redirect_uris, jwks_uri: 'http://c.example/jwks' }, open);
    expect(error.description).toBe('jwks_uri: expected an https URL');
  });

  test.each<[string, JsonObject, 'web' | 'native']>([
    [
      'loopback URIs alone',
      { redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]:0/cb', 'http://localhost/cb'] },
      'native',
    ],
    ['a custom scheme', { redirect_uris: ['com.example.app:/cb'] }, 'native'],
    ['both', { redirect_uris: ['com.example.app:/cb', 'http://127.0.0.1/cb'] }, 'native'],
    ['an https URI', { redirect_uris }, 'web'],
    ['no URI', { grant_types: ['client_credentials'] }, 'web'],
    ['what it says', { redirect_uris, application_type: 'native' }, 'native'],
  ])('the application type follows from %s', async (_what, metadata, expected) => {
    expect(await check(metadata)).toMatchObject({ application_type: expected });
  });

  test.each<[string, JsonObject]>([
    ['a web client', { application_type: 'web', redirect_uris: ['http://127.0.0.1/cb'] }],
    ['one with an https URI beside', { redirect_uris: ['https://c.example/cb', 'http://127.0.0.1/cb'] }],
    ['one with a custom scheme beside', { redirect_uris: ['https://c.example/cb', 'com.example.app:/cb'] }],
  ])('no loopback or custom scheme for %s', async (_what, metadata) => {
    expect((await refusal(metadata)).code).toBe('invalid_redirect_uri');
  });

  test('all members together have a limit, and its text says so', async () => {
    const data = { filling: 'a'.repeat(65_000) };
    expect(await check({ redirect_uris, data })).toMatchObject({ data });
    const { code, description, detail } = await refusal({ redirect_uris, data: { filling: 'a'.repeat(70_000) } });
    expect(code).toBe('invalid_client_metadata');
    expect(description).toBe('The client metadata is too large: expected at most 65536 characters of JSON in all');
    expect(detail).toMatch(/received 70\d{3} \(op\.reg\.metadataMaxSize\)/);
    expect((await refusal({ redirect_uris, data }, { 'op.reg.metadataMaxSize': '1000' })).description).toContain(
      '1000',
    );
  });

  test.each([
    'dpop_bound_access_tokens',
    'require_pushed_authorization_requests',
    'tls_client_certificate_bound_access_tokens',
    'tls_client_auth_subject_dn',
    'request_object_signing_alg',
    'authorization_signed_response_alg',
    'userinfo_signed_response_alg',
    'id_token_encrypted_response_alg',
    'sector_identifier_uri',
  ])('%s is not silently ignored', async (name) => {
    const value = /bound|require/.test(name) ? true : 'RS256';
    expect((await refusal({ redirect_uris, [name]: value })).description).toMatch(`${name}: `);
    expect((await refusal({ redirect_uris, [name]: value })).description).toMatch('not supported by this server');
  });

  test('unknown members are dropped, whatever their names', async () => {
    const body = JSON.parse('{"__proto__":{"a":1},"constructor":1,"toString":1,"token_exchange_enabled":true}');
    const metadata = await check({ redirect_uris, ...body, ...Object.fromEntries(Object.entries(body)) });
    for (const name of ['a', 'token_exchange_enabled', 'constructor', 'toString']) {
      expect(Object.hasOwn(metadata, name)).toBe(false);
    }
  });
});

describe('any JSON', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await providerWith({});
  });
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.array(fc.webUrl({ withFragments: true })),
    fc.record({
      keys: fc.array(
        fc.record(
          {
            kty: fc.constantFrom('RSA', 'EC', 'OKP'),
            crv: fc.constantFrom('P-256', 'Ed25519'),
            x: fc.string(),
            n: fc.base64String(),
            e: fc.constant('AQAB'),
          },
          { requiredKeys: ['kty'] },
        ),
      ),
    }),
  );
  const known = builtInFeatures.flatMap(({ clientMetadata }) => clientMetadata ?? []);
  const member = fc.oneof(
    fc.constantFrom(...known.map(({ name }) => name), ...unservedMembers.keys()),
    fc.constantFrom('client_name#', 'client_name#bg'),
    fc.string(),
  );

  const outcome = (body: JsonObject, registrant: Registrant) => {
    try {
      return checkMetadata(body, provider, registrant);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return error;
    }
  };

  test('is accepted or refused with an OAuth error of the right alphabet, whose text repeats nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(member, value, { maxKeys: 4 }), fc.boolean(), (members, master) => {
        const body: JsonObject = JSON.parse(JSON.stringify({ redirect_uris, ...members }));
        const result = outcome(body, master ? masterRegistrant : openRegistrant);
        if (!(result instanceof OAuthError)) return true;
        expect(result.status).toBe(400);
        return /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(result.description) && result.description.length < 200;
      }),
      { numRuns: 3000 },
    );
  });

  test('what was accepted is accepted again unchanged', () => {
    fc.assert(
      fc.property(fc.dictionary(member, value, { maxKeys: 3 }), (members) => {
        const body: JsonObject = JSON.parse(JSON.stringify({ redirect_uris, ...members }));
        const first = outcome(body, masterRegistrant);
        if (!(first instanceof OAuthError)) expect(outcome(first, masterRegistrant)).toStrictEqual(first);
      }),
      { numRuns: 1000 },
    );
  });
});
