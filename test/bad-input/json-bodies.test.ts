import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';
import { badJsonBodies, badJsonValues } from './bad-json.ts';
import { decent } from './decency.ts';

let server: TestServer;
let client: TestClient;
const captured = captureLog();

beforeAll(async () => {
  server = await startTestServer({ log: captured.log });
  client = await server.register(versatile);
});
afterAll(async () => {
  expect(captured.faults()).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  await server.close();
});

const authz = '/authz-sessions/rest/v3';
const sessions = '/session-store/rest/v2/sessions';

async function send(
  method: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await server.send(path, {
    method,
    headers: { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': 'application/json', ...headers },
    body,
  });
  const json = decent(response, `${method} ${path} ${String(body).slice(0, 120)}`);
  return { status: response.status, json, error: json['error'] };
}

/** A prepared call: the path, and headers beside the usual ones. */
interface Target {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function authzSession(state: 'auth' | 'consent'): Promise<string> {
  const query = new URLSearchParams(client.query({ prompt: 'consent' })).toString();
  const { sid } = (await server.call('POST', authz, { query })).body;
  if (state === 'consent') (await server.call('PUT', `${authz}/${String(sid)}`, { sub: 'alice' })).body;
  return String(sid);
}

async function subjectSession(): Promise<Readonly<Record<string, string>>> {
  const { sid } = (await server.call('POST', sessions, { sub: 'bad-input' })).body;
  return { SID: String(sid) };
}

interface Place {
  readonly name: string;
  /** What a good body has. */
  readonly base: Readonly<Record<string, unknown>>;
  readonly members: readonly string[];
  readonly codes: readonly string[];
  prepare(): Promise<Target>;
}

const clientMembers = [
  ...['redirect_uris', 'response_types', 'grant_types', 'application_type', 'token_endpoint_auth_method', 'scope'],
  ...['token_endpoint_auth_signing_alg', 'code_challenge_method', 'id_token_signed_response_alg', 'subject_type'],
  ...['default_max_age', 'require_auth_time', 'default_acr_values', 'jwks', 'jwks_uri', 'request_uris', 'contacts'],
  ...['client_name', 'client_name#de', 'logo_uri', 'client_uri', 'policy_uri', 'tos_uri', 'organization_name', 'data'],
  ...['software_id', 'software_version', 'initiate_login_uri', 'post_logout_redirect_uris', 'frontchannel_logout_uri'],
  ...['frontchannel_logout_session_required', 'backchannel_logout_uri', 'backchannel_logout_session_required'],
  ...['client_registration_types', 'authorization_details_types', 'sector_identifier_uri', 'software_statement'],
  ...['require_pushed_authorization_requests', 'dpop_bound_access_tokens', 'userinfo_signed_response_alg'],
  ...['id_token_encrypted_response_alg', 'tls_client_auth_subject_dn', 'request_object_signing_alg'],
  ...['preferred_client_id', 'preferred_client_secret', 'client_id', 'client_secret', 'refresh_client_secret'],
  ...['__proto__', 'constructor', 'toString', 'client_name#', 'client_name#__proto__', 'unknown'],
];

const sessionMembers = [
  ...['sub', 'ctx', 'auth_time', 'creation_time', 'max_life', 'auth_life', 'max_idle', 'acr', 'amr', 'rps'],
  ...['claims', 'data', 'jkt', 'fpt', '__proto__', 'constructor', 'unknown'],
];

const consentMembers = [
  ...['scope', 'claims', 'claims_data', 'preset_claims', 'audience', 'long_lived', 'impersonated_sub', 'id_token'],
  ...['access_token', 'refresh_token', 'data', 'response_params', '__proto__', 'constructor', 'unknown'],
];

const places: readonly Place[] = [
  {
    name: 'registration',
    base: { redirect_uris: ['https://rp.example/cb'] },
    members: clientMembers,
    codes: ['invalid_client_metadata', 'invalid_redirect_uri'],
    prepare: async () => ({ method: 'POST', path: '/clients' }),
  },
  {
    name: 'update of a registration',
    base: { redirect_uris: ['https://rp.example/cb'] },
    members: clientMembers,
    codes: ['invalid_client_metadata', 'invalid_redirect_uri'],
    prepare: async () => ({ method: 'PUT', path: `/clients/${client.id}` }),
  },
  {
    name: 'start of an authorisation session',
    base: { query: 'response_type=code' },
    members: ['query', 'sub_sid', 'data', 'claims', '__proto__', 'unknown'],
    codes: [],
    prepare: async () => ({ method: 'POST', path: authz }),
  },
  {
    name: 'subject authentication',
    base: { sub: 'alice' },
    members: sessionMembers,
    codes: [],
    prepare: async () => ({ method: 'PUT', path: `${authz}/${await authzSession('auth')}` }),
  },
  {
    name: 'consent',
    base: { scope: ['openid'] },
    members: consentMembers,
    codes: [],
    prepare: async () => ({ method: 'PUT', path: `${authz}/${await authzSession('consent')}` }),
  },
  {
    name: 'session data',
    base: {},
    members: ['a', '__proto__', 'constructor'],
    codes: [],
    prepare: async () => ({ method: 'PUT', path: `${authz}/${await authzSession('auth')}/data` }),
  },
  {
    name: 'subject session',
    base: { sub: 'bad-input' },
    members: sessionMembers,
    codes: [],
    prepare: async () => ({ method: 'POST', path: sessions }),
  },
  {
    name: 'replaced authentication',
    base: {},
    members: ['sub', 'acr', 'amr', 'auth_time', '__proto__', 'unknown'],
    codes: [],
    prepare: async () => ({ method: 'PUT', path: `${sessions}/subject-auth`, headers: await subjectSession() }),
  },
  {
    name: 'session claims',
    base: {},
    members: ['a', '__proto__'],
    codes: [],
    prepare: async () => ({ method: 'PUT', path: `${sessions}/claims`, headers: await subjectSession() }),
  },
];

describe.each(places)('$name', ({ base, members, codes, prepare }) => {
  test.each(members)('takes every bad value of %s calmly', async (member) => {
    for (const [what, value] of badJsonValues) {
      const { method, path, headers } = await prepare();
      const { [member]: _replaced, ...others } = base;
      const rest =
        path === `/clients/${client.id}` && member !== 'client_id' ? { ...others, client_id: client.id } : others;
      const open = JSON.stringify(rest).slice(0, -1);
      const body = `${open}${open === '{' ? '' : ','}${JSON.stringify(member)}:${value}}`;
      const { status, error } = await send(method, path, body, headers);
      const label = `${member} = ${what}: ${status} ${String(error)}`;
      if (status >= 400) {
        expect(status, label).toBe(400);
        expect(['invalid_request', ...codes], label).toContain(error);
      }
      // What is nested too deeply is refused wherever it stands.
      if (/levels/.test(what) && what !== '30 levels') expect(status, label).toBe(400);
    }
  });

  test.each(badJsonBodies)('refuses %s', async (_what, body) => {
    const { method, path, headers } = await prepare();
    const { status, error } = await send(method, path, body, headers);
    // The parts of a session may be any JSON of their kind; they still have to be JSON.
    expect([status, error]).toEqual([400, 'invalid_request']);
  });

  test('refuses other content types', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'application/json-patch+json',
      'application/json, text/plain',
      'text/json',
      'json',
      ';charset=utf-8',
    ]) {
      const { method, path, headers } = await prepare();
      const { status, error } = await send(method, path, JSON.stringify(base), { ...headers, 'Content-Type': type });
      expect([type, status, error]).toEqual([type, 400, 'invalid_request']);
    }
  });

  test('refuses a body of more than it takes', async () => {
    const { method, path, headers } = await prepare();
    const { status, error } = await send(method, path, JSON.stringify({ ...base, x: 'a'.repeat(262_144) }), headers);
    expect([status, error]).toEqual([400, 'invalid_request']);
  });
});

describe('session identifiers in headers and paths', () => {
  const identifiers = [
    'x',
    '__proto__',
    `${'A'.repeat(22)}.${'A'.repeat(22)}`,
    `${'A'.repeat(22)}.${'!'.repeat(22)}`,
    'A'.repeat(45),
    'A'.repeat(8000),
    '../../clients',
    "' OR 1=1 --",
    '%',
    'a, b',
    '\u00e9',
  ];

  test.each(identifiers)('SID: %j names no session', async (sid) => {
    for (const [method, path] of [
      ['GET', sessions],
      ['DELETE', sessions],
      ['GET', `${sessions}/claims`],
      ['DELETE', `${sessions}/data`],
    ] as const) {
      const headers = { Authorization: `Bearer ${demoApiToken}`, SID: sid };
      const response = await server.send(path, { method, headers });
      expect([response.status, decent(response)['error']]).toEqual([404, 'invalid_session']);
    }
  });

  test.each(identifiers)('/authz-sessions/rest/v3/%s is no session', async (sid) => {
    for (const [method, tail] of [
      ['GET', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['GET', '/data'],
      ['DELETE', '/data'],
    ] as const) {
      const headers = { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': 'application/json' };
      const path = `${authz}/${encodeURIComponent(sid)}${tail}`;
      const response = await server.send(path, { method, headers, ...(method === 'PUT' ? { body: '{}' } : {}) });
      expect([response.status, decent(response)['error']]).toEqual([404, 'invalid_session']);
    }
  });
});

describe('query parameters of the web APIs', () => {
  test.each([
    ['GET', '/clients?limit=0'],
    ['GET', '/clients?limit=-1'],
    ['GET', '/clients?limit=99999999999'],
    ['GET', '/clients?limit=1e3'],
    ['GET', '/clients?limit=%00'],
    ['GET', '/clients?after=%00'],
    ['GET', '/clients?after=%ff'],
    ['GET', '/clients?limit=1&limit=2'],
    ['GET', `${sessions}?subject=a&subject=b`],
    ['GET', `${sessions}?subject=%`],
    ['DELETE', `${sessions}?all=false`],
    ['DELETE', `${sessions}?all=TRUE`],
    ['DELETE', sessions],
    ['DELETE', `${sessions}?all=true&all=true`],
  ])('%s %s is refused', async (method, path) => {
    const response = await server.send(path, {
      method,
      headers: { Authorization: `Bearer ${demoApiToken}` },
    });
    expect([response.status, decent(response)['error']]).toEqual([400, 'invalid_request']);
  });

  test.each(['nobody', 'nobody%00', 'nobody%F0%9F%98%80', '__proto__.nobody', `${'a'.repeat(8000)}`, "'%20OR%201=1"])(
    'sessions of the subject %s are none',
    async (subject) => {
      for (const method of ['GET', 'DELETE']) {
        const path = `${sessions}?subject=${subject}`;
        const response = await server.send(path, { method, headers: { Authorization: `Bearer ${demoApiToken}` } });
        expect([response.status, response.json]).toEqual([200, []]);
      }
    },
  );

  test.each([
    'error=rubbish',
    'error=%00',
    'error=access_denied&error_description=a%0d%0ab',
    'error=access_denied&error_description=%22',
    'error=access_denied&error_description=%C3%A9',
    'error=access_denied&error_uri=javascript%0a',
    'error=access_denied&error_uri=not a uri',
    'error=access_denied&error=access_denied',
    'error=%',
  ])('DELETE of an authorisation session with %s is refused and ends nothing', async (query) => {
    const sid = await authzSession('auth');
    const answer = await server.send(`${authz}/${sid}?${query}`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${demoApiToken}` },
    });
    expect([answer.status, decent(answer)['error']]).toEqual([400, 'invalid_request']);
    expect((await server.call('GET', `${authz}/${sid}`)).status).toBe(200);
  });
});
