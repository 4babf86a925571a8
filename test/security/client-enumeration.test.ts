import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basic, type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let known: TestClient;
let app: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  known = await server.register(versatile);
  app = await server.register({
    ...versatile,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
  });
});
afterAll(() => server.close());

const unknown = { id: 'no-such-client', secret: 'x' };

/** Everything that a caller sees, but for the random identifier of the attempt and the date. */
async function seen(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await server.post(path, form, headers);
  const { client_auth_id: id, ...json } = answer.body;
  expect(id).toMatch(/^[\w-]{16}$/);
  const names = [...answer.headers].filter(([name]) => name !== 'date');
  return { status: answer.status, json, names };
}

describe.each(['/token', '/token/introspect', '/token/revoke'])('%s', (path) => {
  const form = { grant_type: 'client_credentials', token: 'x' };

  test('answers the same for an unknown client, a wrong secret and a wrong method', async () => {
    const byBasic = [
      basic(unknown),
      basic({ ...known, secret: 'wrong' }),
      basic({ ...known, secret: '' }),
      basic({ ...known, secret: `${known.secret}x` }),
      basic({ ...known, secret: known.secret.slice(0, -1) }),
      basic({ ...known, secret: known.secret.toUpperCase() }),
      basic({ id: app.id, secret: 'x' }),
    ];
    const answers = await Promise.all(byBasic.map((headers) => seen(path, form, headers)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, json: { error: 'invalid_client' } });

    const byForm = [
      { client_id: unknown.id, client_secret: 'x' },
      { client_id: known.id, client_secret: 'wrong' },
      { client_id: known.id, client_secret: known.secret },
      { client_id: app.id, client_secret: 'x' },
      { client_id: unknown.id },
      { client_id: known.id },
    ];
    const posted = await Promise.all(byForm.map((credentials) => seen(path, { ...form, ...credentials })));
    expect(new Set(posted.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

test('an unknown client costs the time of a known one with a wrong secret', async () => {
  const measure = async (client: { readonly id: string; readonly secret: string }) => {
    const started = performance.now();
    await server.post('/token', { grant_type: 'client_credentials' }, basic(client));
    return performance.now() - started;
  };
  // In turns, so that a busy machine is as busy for the one as for the other; the faster quarter is what they cost.
  const times: { readonly one: number; readonly two: number }[] = [];
  for (let i = 0; i < 200; i++)
    times.push({ one: await measure(unknown), two: await measure({ ...known, secret: 'wrong' }) });
  const quartile = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length / 4] ?? 0;
  const one = quartile(times.map((pair) => pair.one));
  const two = quartile(times.map((pair) => pair.two));
  // A store or a hash that only one of them pays for would be a multiple.
  expect(Math.max(one, two) / Math.min(one, two)).toBeLessThan(3);
});

test('registrations answer the same for unknown clients and foreign tokens', async () => {
  const answers = await Promise.all(
    [known.id, 'nobody', '%00', 'a'.repeat(2000), '__proto__'].flatMap((id) =>
      ['GET', 'DELETE'].map(async (method) => {
        const headers = { Authorization: `Bearer ${app.registrationToken}` };
        const response = await server.send(`/clients/${id}`, { method, headers });
        return `${response.status} ${response.headers.get('www-authenticate')} ${response.text}`;
      }),
    ),
  );
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toContain('401');
});
