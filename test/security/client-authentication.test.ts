import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientAuthMethod, Verification } from '../../src/protocol/client-auth/client-auth-method.ts';
import { type Answer, verdict } from '../../src/testing/caller/answer.ts';
import type { Caller } from '../../src/testing/caller/caller.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { type ExtendedServer, extendServer } from '../support/extended-server.ts';

// Secrets are compared by this function and by no other: its calls are the time that an authentication costs.
const matchesDigest = vi.hoisted(() => vi.fn<(text: string, digest: Buffer) => boolean>());
vi.mock('../../src/crypto/digest.ts', async (original) => {
  const digest = await original<typeof import('../../src/crypto/digest.ts')>();
  matchesDigest.mockImplementation(digest.matchesDigest);
  return { ...digest, matchesDigest };
});

/** Verified at the price of a fetch, so to speak: nobody but its own clients may make the server pay that. */
const verified: string[] = [];
async function verifySlowly(clientId: string, credential: string): Promise<Verification> {
  verified.push(clientId);
  await new Promise(setImmediate);
  if (credential === 'broken') throw new Error('the key server is down');
  return credential === 'good' ? { proven: true } : { proven: false, reason: 'not good' };
}

const assertion: ClientAuthMethod = {
  name: 'expensive_jwt',
  needsSecret: false,
  implicit: false,
  find(_ctx, _request, params) {
    const credential = params.get('client_assertion');
    return credential === undefined ? undefined : { clientId: params.get('client_id') ?? '', credential };
  },
  verify: (_ctx, client, { credential }) => verifySlowly(client.id, credential),
};

/** Two methods that see the same: a certificate of the connection, beside the ID in the form. */
const certificate = (name: string): ClientAuthMethod => ({
  name,
  needsSecret: false,
  implicit: true,
  find(_ctx, request, params) {
    const credential = request.headers['x-test-certificate'];
    const clientId = params.get('client_id');
    return typeof credential === 'string' && clientId !== undefined ? { clientId, credential } : undefined;
  },
  verify: (_ctx, client, { credential }) => verifySlowly(`${name} ${client.id}`, credential),
});

let server: TestServer;
let extended: ExtendedServer;
let caller: Caller;
let byAssertion: TestClient;
let byBasic: TestClient;
let byPost: TestClient;
let open: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  extended = await extendServer(server, {
    clientAuthMethods: [assertion, certificate('cert_one'), certificate('cert_two')],
  });
  caller = extended.caller;
  const by = (method: string, more: object = {}) =>
    caller.register({
      token_endpoint_auth_method: method,
      grant_types: ['authorization_code', 'client_credentials'],
      scope: 'read',
      ...more,
    });
  byAssertion = await by('expensive_jwt');
  byBasic = await by('client_secret_basic');
  byPost = await by('client_secret_post');
  open = await by('none', { grant_types: ['authorization_code'] });
});
afterAll(async () => {
  await extended.close();
  await server.close();
});
beforeEach(() => {
  verified.length = 0;
  matchesDigest.mockClear();
});

type Fields = Readonly<Record<string, string>>;
const paths = ['/token', '/token/introspect', '/token/revoke'];
const post = (fields: Fields, headers: Fields = {}, path = '/token') =>
  caller.post(path, { grant_type: 'client_credentials', token: 'x', ...fields }, headers);
const asserting = (id: string, client_assertion: string) => ({ client_id: id, client_assertion });

/** Everything that a caller sees, but for the random identifier of the attempt. */
function seen({ status, headers, body }: Answer) {
  const { client_auth_id: id, ...rest } = body;
  return { status, id: typeof id, rest, challenge: headers.get('www-authenticate') };
}

/** The challenge of every refusal, however the client has tried (RFC 9110, section 15.5.2; RFC 7617). */
const challenge = 'Basic realm="OAuth", charset="UTF-8"';

test.each(paths)('a refusal at %s has a challenge, wherever the credentials stood', async (path) => {
  for (const [fields, headers] of [
    [{}, {}],
    [{ client_id: open.id, client_secret: 'wrong' }, {}],
    [{ client_id: byPost.id, client_secret: 'wrong' }, {}],
    [{ client_id: 'nobody' }, {}],
    [asserting(byAssertion.id, 'bad'), {}],
    [{}, byBasic.with({ secret: 'wrong' }).basic],
    [{}, { Authorization: 'Digest x' }],
  ] as const) {
    const answer = seen(await post(fields, headers, path));
    expect(answer).toMatchObject({ status: 401, rest: { error: 'invalid_client' }, challenge });
  }
});

describe('an expensive method', () => {
  test('is run once for its own clients, and its word is waited for', async () => {
    expect((await post(asserting(byAssertion.id, 'good'))).status).toBe(200);
    expect(verified).toEqual([byAssertion.id]);
    expect(verdict(await post(asserting(byAssertion.id, 'bad')))).toEqual([401, 'invalid_client']);
    expect(verified).toEqual([byAssertion.id, byAssertion.id]);
  });

  test.each(paths)('is never run for clients of other methods, nor for nobody, at %s', async (path) => {
    const ids = [byBasic.id, byPost.id, open.id, 'nobody', '', ' ', '\u0000', 'x'.repeat(2000), '__proto__'];
    const answers: Answer[] = [];
    for (const id of ids) answers.push(await post(asserting(id, 'good'), {}, path));
    expect(verified).toEqual([]);
    const refused = answers.map((answer) => JSON.stringify(seen(answer)));
    // What a client of the method hears whose assertion is bad, and nothing else.
    const own = await post(asserting(byAssertion.id, 'bad'), {}, path);
    expect(new Set([...refused, JSON.stringify(seen(own))]).size).toBe(1);
    expect(seen(own)).toMatchObject({ status: 401, id: 'string', rest: { error: 'invalid_client' }, challenge });
  });

  test('is never run for its own clients when they present something else', async () => {
    for (const [fields, headers] of [
      [{}, byAssertion.with({ secret: 'x' }).basic],
      [{ client_id: byAssertion.id, client_secret: 'x' }, {}],
      [{ client_id: byAssertion.id }, {}],
      [{ client_id: byAssertion.id }, { 'X-Test-Certificate': 'good' }],
    ] as const) {
      expect(verdict(await post(fields, headers))).toEqual([401, 'invalid_client']);
    }
    expect(verified).toEqual([]);
  });

  test('is never run where several methods are presented, whoever is named', async () => {
    for (const [fields, headers] of [
      [asserting(byAssertion.id, 'good'), byAssertion.with({ secret: 'x' }).basic],
      [asserting(byAssertion.id, 'good'), byBasic.basic],
      [asserting(byBasic.id, 'good'), byBasic.basic],
      [{ ...asserting(byAssertion.id, 'good'), client_secret: 'x' }, {}],
      [{ ...asserting(byPost.id, 'good'), client_secret: byPost.secret }, {}],
      [{ client_id: byPost.id, client_secret: byPost.secret }, byPost.basic],
    ] as const) {
      expect(verdict(await post(fields, headers))).toEqual([400, 'invalid_request']);
    }
    expect(verified).toEqual([]);
  });

  test('is never run where the configuration does not accept it', async () => {
    const second = await extendServer(server, { clientAuthMethods: [assertion] }, { accept: false });
    try {
      const answer = await second.caller.post('/token', {
        grant_type: 'client_credentials',
        ...asserting(byAssertion.id, 'good'),
      });
      expect(verdict(answer)).toEqual([401, 'invalid_client']);
      expect(verified).toEqual([]);
    } finally {
      await second.close();
    }
  });

  test('that fails by itself is a fault of the server, and authenticates nobody', async () => {
    for (const path of paths) {
      expect(verdict(await post(asserting(byAssertion.id, 'broken'), {}, path))).toEqual([500, 'server_error']);
    }
  });
});

describe('a method that is presented and refused', () => {
  test('is not tried as another one', async () => {
    // Each of these would do if the bad credential were overlooked.
    for (const [fields, headers] of [
      [{ client_id: open.id }, open.with({ secret: 'wrong' }).basic],
      [{ client_id: open.id, client_secret: 'wrong' }, {}],
      [asserting(open.id, 'bad'), {}],
      [{ client_id: open.id }, { Authorization: 'Basic ?' }],
    ] as const) {
      const answer = await post({ grant_type: 'authorization_code', code: 'x', ...fields }, headers);
      expect(verdict(answer)).toEqual([401, 'invalid_client']);
    }
    const alone = await post({ grant_type: 'authorization_code', code: 'x', client_id: open.id });
    expect(verdict(alone)).toEqual([400, 'invalid_grant']);
  });
});

describe('methods that need nothing in the form but client_id', () => {
  test('the registration tells which is meant, and only that is run', async () => {
    const shown = { 'X-Test-Certificate': 'good' };
    for (const name of ['cert_one', 'cert_two']) {
      const client = await caller.register({
        token_endpoint_auth_method: name,
        grant_types: ['client_credentials'],
        scope: 'read',
      });
      verified.length = 0;
      expect((await post({ client_id: client.id }, shown)).status).toBe(200);
      expect(verified).toEqual([`${name} ${client.id}`]);
      const other = await post({ client_id: client.id }, { 'X-Test-Certificate': 'bad' });
      expect(verdict(other)).toEqual([401, 'invalid_client']);
      verified.length = 0;
      expect(verdict(await post({ client_id: client.id }))).toEqual([401, 'invalid_client']);
      expect(verified).toEqual([]);
    }
    const code = { grant_type: 'authorization_code', code: 'x', client_id: open.id };
    expect(verdict(await post(code, shown))).toEqual([400, 'invalid_grant']);
    expect((await post({}, { ...shown, ...byBasic.basic })).status).toBe(200);
    expect(verified).toEqual([]);
  });
});

describe('what an attempt costs', () => {
  const comparisons = async (fields: Fields, headers: Fields = {}) => {
    matchesDigest.mockClear();
    const answer = await post(fields, headers);
    expect(answer.status).toBe(401);
    return matchesDigest.mock.calls.length;
  };
  const wrong = { secret: 'wrong' };

  test('is one comparison, whether the client is unknown, the secret wrong or the method another', async () => {
    expect(await comparisons({}, byBasic.with(wrong).basic)).toBe(1);
    expect(await comparisons({}, byBasic.with({ id: 'nobody' }).basic)).toBe(1);
    expect(await comparisons({}, byPost.basic)).toBe(1);
    expect(await comparisons({}, open.with(wrong).basic)).toBe(1);
    expect(await comparisons({}, byAssertion.with(wrong).basic)).toBe(1);
    expect(await comparisons({ client_id: byPost.id, client_secret: 'wrong' })).toBe(1);
    expect(await comparisons({ client_id: 'nobody', client_secret: 'wrong' })).toBe(1);
    expect(await comparisons({ client_id: byBasic.id, client_secret: byBasic.secret })).toBe(1);
    for (const id of ['nobody', byBasic.id, open.id]) expect(await comparisons(asserting(id, 'good'))).toBe(1);
    for (const id of ['nobody', byBasic.id]) expect(await comparisons({ client_id: id })).toBe(1);
  });

  test('is of the presented secret, with what is registered for that client alone', async () => {
    await comparisons({}, byPost.basic);
    const [[text, digest] = []] = matchesDigest.mock.calls;
    expect(text).toBe(byPost.secret);
    // A right secret by the wrong method is not even compared with the right one.
    expect(digest).toEqual(Buffer.alloc(32));
  });
});

describe('a secret by the other of the two ways to send it', () => {
  const either = { 'op.token.allowEitherSecretMethod': 'true' };
  const form = { grant_type: 'client_credentials' };
  const postWith = (client: TestClient) => ({ ...form, client_id: client.id, client_secret: client.secret });

  async function attempts(properties: Readonly<Record<string, string>>) {
    const at = await startTestServer({ properties });
    try {
      const by = (method: string) =>
        at.register({ token_endpoint_auth_method: method, grant_types: ['client_credentials'], scope: 'read' });
      const basicClient = await by('client_secret_basic');
      const postClient = await by('client_secret_post');
      const publicClient = await at.register({ token_endpoint_auth_method: 'none' });
      const code = { grant_type: 'authorization_code', code: 'x' };
      const answers = await Promise.all([
        at.post('/token', form, basicClient.basic),
        at.post('/token', postWith(postClient)),
        at.post('/token', postWith(basicClient)),
        at.post('/token', form, postClient.basic),
        // Never a weaker method, never a wrong secret, never both at once.
        at.post('/token', { ...form, client_id: basicClient.id }),
        at.post('/token', postWith(basicClient.with({ secret: 'wrong' }))),
        at.post('/token', form, postClient.with({ secret: 'wrong' }).basic),
        at.post('/token', { ...code, client_id: publicClient.id, client_secret: 'x' }),
        at.post('/token', postWith(basicClient), basicClient.basic),
      ]);
      return answers.map(({ status }) => status);
    } finally {
      await at.close();
    }
  }

  test('is refused by default', async () => {
    expect(await attempts({})).toEqual([200, 200, 401, 401, 401, 401, 401, 401, 400]);
  });

  test('is accepted where that is configured, and nothing else is', async () => {
    expect(await attempts(either)).toEqual([200, 200, 200, 200, 401, 401, 401, 401, 400]);
  });

  test('is accepted as far as op.token.authMethods goes', async () => {
    const narrow = { ...either, 'op.token.authMethods': 'client_secret_basic none' };
    const at = await startTestServer({ properties: narrow });
    try {
      const client = await at.register({ grant_types: ['client_credentials'], scope: 'read' });
      expect((await at.post('/token', form, client.basic)).status).toBe(200);
      expect(verdict(await at.post('/token', postWith(client)))).toEqual([401, 'invalid_client']);
    } finally {
      await at.close();
    }
  });
});
