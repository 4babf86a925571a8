import { describe, expect, test } from 'vitest';
import { createRegistrations, masterToken, type Registrations } from '../../testing/fake-caller.ts';

const redirect_uris = ['https://client.example.org/cb'];

async function registered(options: Parameters<typeof createRegistrations>[0] = {}, members = {}) {
  const registrations = createRegistrations(options);
  const client = await registrations.register({ redirect_uris, ...members });
  const id = String(client['client_id']);
  const token = String(client['registration_access_token']);
  return { ...registrations, client, id, token };
}

const keep = { alwaysRefreshClientSecretOnUpdate: false, refreshAccessTokenOnUpdate: false };

function put(registrations: Registrations & { id: string }, token: string, members = {}) {
  const { call, id } = registrations;
  return call({ method: 'PUT', id, token, json: { client_id: id, redirect_uris, ...members } });
}

describe('access to a registration', () => {
  test.each(['GET', 'PUT', 'DELETE'] as const)('%s needs a token', async (method) => {
    const { call, id, clients } = await registered();
    const json = method === 'PUT' ? { client_id: id, redirect_uris } : undefined;
    const send = (token?: string) =>
      call({ method, id, ...(json ? { json } : {}), ...(token === undefined ? {} : { token }) });
    const without = await send();
    expect(without.status).toBe(401);
    expect(without.headers['WWW-Authenticate']).toBe('Bearer');
    const wrong = await send('guess');
    expect(wrong.status).toBe(401);
    expect(wrong.headers['WWW-Authenticate']).toContain('error="invalid_token"');
    expect(clients.has(id)).toBe(true);
  });

  test('one client’s token does not open another', async () => {
    const { call, register, token } = await registered();
    const other = await register({ redirect_uris });
    expect((await call({ method: 'GET', id: String(other['client_id']), token })).status).toBe(401);
    expect((await call({ method: 'DELETE', id: String(other['client_id']), token })).status).toBe(401);
  });

  test('an unknown client is 404 for the master and 401 for everybody else', async () => {
    const { call, token } = await registered();
    for (const id of ['unknown', '\0', 'ü']) {
      expect((await call({ method: 'GET', id, token: masterToken })).status).toBe(404);
      expect((await call({ method: 'GET', id, token })).status).toBe(401);
      expect((await call({ method: 'DELETE', id, token: masterToken })).status).toBe(404);
    }
  });

  test('a client without registration token is open to the master alone', async () => {
    const { call, clients, id } = await registered();
    const stored = clients.get(id);
    if (!stored) throw new Error('no client');
    const { registration_token_hash: _, ...bare } = stored;
    clients.set(id, bare);
    expect((await call({ method: 'GET', id, token: 'A'.repeat(43) })).status).toBe(401);
    expect((await call({ method: 'GET', id, token: masterToken })).status).toBe(200);
  });
});

describe('reading', () => {
  test('answers what the registration answered', async () => {
    const { call, id, token, client, marks } = await registered({}, { initiate_login_uri: 'https://c.example/start' });
    const { status, body } = await call({ method: 'GET', id, token });
    expect(status).toBe(200);
    expect(body).toStrictEqual(client);
    expect(marks.get('clientRegEndpoint.reads')).toBe(1);
  });

  test('the master learns everything but the registration token, which is stored as a hash', async () => {
    const { call, id, client } = await registered();
    const { registration_access_token: _, ...rest } = client;
    expect((await call({ method: 'GET', id, token: masterToken })).body).toStrictEqual(rest);
  });
});

describe('updating', () => {
  test('replaces metadata and refreshes both credentials', async () => {
    const it = await registered({}, { client_name: 'Old', 'client_name#bg': 'Стар', contacts: ['a@example.org'] });
    const { status, body } = await put(it, it.token, {
      'client_name#de': 'Neu',
      client_secret: it.client['client_secret'],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ client_id: it.id, client_id_issued_at: 1_700_000_000, 'client_name#de': 'Neu' });
    for (const gone of ['client_name', 'client_name#bg', 'contacts']) expect(body).not.toHaveProperty(gone);
    expect(body['client_secret']).not.toBe(it.client['client_secret']);
    expect(body['registration_access_token']).not.toBe(it.token);
    expect(it.clients.get(it.id)?.previous_secret).toStrictEqual({
      client_secret: it.client['client_secret'],
      until: 1_700_000_000 + 1800,
    });
    expect((await it.call({ method: 'GET', id: it.id, token: it.token })).status).toBe(401);
    const next = String(body['registration_access_token']);
    expect((await it.call({ method: 'GET', id: it.id, token: next })).status).toBe(200);
  });

  test('keeps both credentials if so configured', async () => {
    const it = await registered({ registration: keep });
    const { body } = await put(it, it.token);
    expect(body['client_secret']).toBe(it.client['client_secret']);
    expect(body['registration_access_token']).toBe(it.token);
    expect(it.clients.get(it.id)).not.toHaveProperty('previous_secret');
  });

  test('refreshes the secret on demand', async () => {
    const it = await registered({ registration: keep });
    const { body } = await put(it, it.token, { refresh_client_secret: true });
    expect(body['client_secret']).not.toBe(it.client['client_secret']);
    expect(body).not.toHaveProperty('refresh_client_secret');
    expect((await put(it, it.token, { refresh_client_secret: 'yes' })).status).toBe(400);
  });

  test('the grace period does not outlast the life of the secret', async () => {
    const it = await registered({ registration: { clientSecretLifetime: 3600 } });
    it.time.now += 3000;
    const { body } = await put(it, it.token);
    expect(it.clients.get(it.id)?.previous_secret?.until).toBe(1_700_003_600);
    expect(body['client_secret_expires_at']).toBe(it.time.now + 3600);
    it.time.now += 5000;
    await put(it, masterToken);
    expect(it.clients.get(it.id)).not.toHaveProperty('previous_secret');
  });

  test('a kept secret that is too short for a new HMAC algorithm is replaced', async () => {
    const it = await registered({ registration: keep });
    const { body } = await put(it, it.token, { id_token_signed_response_alg: 'HS512' });
    expect(body['client_secret']).toHaveLength(64);
  });

  test('a client that becomes public loses its secret, and gets one again', async () => {
    const it = await registered({ registration: keep });
    const open = await put(it, it.token, { token_endpoint_auth_method: 'none' });
    expect(open.body).not.toHaveProperty('client_secret');
    expect(it.clients.get(it.id)).not.toHaveProperty('previous_secret');
    expect((await put(it, it.token)).body['client_secret']).toHaveLength(43);
  });

  test.each([
    ['without client_id', { client_id: null }, 'client_id'],
    ['of another client_id', { client_id: 'other' }, 'client_id'],
    ['with a wrong client_secret', { client_secret: 'guess' }, 'client_secret'],
    ['with a preferred_client_id', { preferred_client_id: 'other' }, 'preferred_client_id'],
    ['with a preferred_client_secret', { preferred_client_secret: 'password' }, 'preferred_client_secret'],
    ['with new data', { data: { admin: true } }, 'data'],
    ['with another grant', { grant_types: ['authorization_code', 'client_credentials'] }, 'grant_types'],
    ['with reserved scope', { scope: 'client-reg' }, 'scope'],
    ['without redirect_uris', { redirect_uris: null }, 'redirect_uris'],
  ])('%s is refused', async (_what, members, name) => {
    const it = await registered();
    const { status, body } = await put(it, it.token, members);
    expect(status).toBe(400);
    expect(body['error_description']).toMatch(new RegExp(`^${name}: `));
    expect(it.clients.get(it.id)?.client_secret).toBe(it.client['client_secret']);
  });

  test('what the master has granted the client may keep but not extend', async () => {
    const granted = {
      data: { tier: 1, list: [{}] },
      scope: 'client-reg',
      grant_types: ['authorization_code', 'client_credentials'],
    };
    const it = await registered({ registration: keep }, granted);
    expect((await put(it, it.token, granted)).body).toMatchObject(granted);
    expect((await put(it, it.token)).body).toMatchObject({ data: granted.data });
    expect((await put(it, it.token, { data: { tier: 1, list: [{ a: 1 }] } })).status).toBe(400);
    expect((await put(it, masterToken)).body).not.toHaveProperty('data');
  });

  test('of updates at once with one registration token exactly one happens', async () => {
    const it = await registered();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => put(it, it.token, { client_name: `Name ${i}` })),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    expect(it.clients.get(it.id)?.metadata['client_name']).toBe(won[0]?.body['client_name']);
  });

  test('updates at once by the master follow each other', async () => {
    const it = await registered();
    const answers = await Promise.all([1, 2, 3, 4].map((i) => put(it, masterToken, { client_name: `Name ${i}` })));
    expect(answers.map(({ status }) => status)).toStrictEqual([200, 200, 200, 200]);
  });

  test('a client that is removed meanwhile is 404', async () => {
    let race = false;
    const it = await registered({ beforeWrite: (clients) => (race ? clients.clear() : undefined) });
    race = true;
    expect((await put(it, it.token)).status).toBe(404);
  });

  test('takes effect in this process at once', async () => {
    const it = await registered();
    expect((await it.provider.clients.get(it.id))?.requireAuthTime).toBe(false);
    await put(it, it.token, { require_auth_time: true });
    expect((await it.provider.clients.get(it.id))?.requireAuthTime).toBe(true);
  });
});

describe('removing', () => {
  test.each(['client', 'master'])('the %s ends the client and all that it was granted', async (who) => {
    const it = await registered();
    await it.provider.clients.get(it.id);
    const token = who === 'master' ? masterToken : it.token;
    const answer = await it.call({ method: 'DELETE', id: it.id, token });
    expect(answer.status).toBe(204);
    expect(answer.body).toStrictEqual({});
    expect(it.clients.has(it.id)).toBe(false);
    expect(it.revoked).toStrictEqual([{ clientId: it.id }]);
    expect(it.removedAuthorizations).toStrictEqual([{ clientId: it.id }]);
    expect(await it.provider.clients.get(it.id)).toBeUndefined();
    expect((await it.call({ method: 'GET', id: it.id, token: it.token })).status).toBe(401);
  });
});

describe('listing', () => {
  test('is empty at first, and for the master only', async () => {
    const { call } = createRegistrations();
    expect((await call({ method: 'GET', token: masterToken })).body).toStrictEqual([]);
    expect((await call({ method: 'GET' })).headers['WWW-Authenticate']).toBe('Bearer');
    expect((await call({ method: 'GET', token: 'guess' })).status).toBe(401);
  });

  test('answers all clients, or page by page', async () => {
    const { call, register } = createRegistrations();
    const ids: string[] = [];
    for (let i = 0; i < 1203; i++) ids.push(String((await register({ redirect_uris }))['client_id']));
    ids.sort();
    const listed = async (query: string) => {
      const { body } = await call({ method: 'GET', token: masterToken, query });
      return Object.values(body).map((each) => Reflect.get(Object(each), 'client_id'));
    };
    expect(await listed('')).toStrictEqual(ids);
    expect(await listed('limit=700')).toStrictEqual(ids.slice(0, 700));
    expect(await listed(`limit=5&after=${ids[700]}`)).toStrictEqual(ids.slice(701, 706));
    expect(await listed(`after=${ids[1200]}`)).toStrictEqual(ids.slice(1201));
  });

  test.each(['limit=0', 'limit=-1', 'limit=x', 'limit=10001', 'limit=1e3', 'after=%00'])(
    'refuses %s',
    async (query) => {
      const { call } = createRegistrations();
      expect(await call({ method: 'GET', token: masterToken, query })).toMatchObject({ status: 400 });
    },
  );
});
