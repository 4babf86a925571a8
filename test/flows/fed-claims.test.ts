import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClaimsSource } from '../../src/ports/claims-source.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const redirectUri = 'https://client.example.org/cb';
const people: ClaimsSource = {
  name: 'people',
  supportedClaims: ['*'],
  getClaims: async (_subject, names) =>
    Object.fromEntries(
      Object.entries({ email: 'alice@example.org', team: 'blue', floor: 3, cid: 'forged' }).filter(([name]) =>
        names.includes(name),
      ),
    ),
};

describe('claims that a consent orders into the access token', () => {
  let server: TestServer;
  let credentials: string;
  let clientId: string;

  beforeAll(async () => {
    server = await startTestServer({ claimsSources: [people] });
    const client = (
      await server.call('POST', '/clients', {
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      })
    ).body;
    clientId = String(client['client_id']);
    credentials = Buffer.from(`${clientId}:${String(client['client_secret'])}`).toString('base64');
  });
  afterAll(() => server.close());

  const form = async (path: string, parameters: Record<string, string>): Promise<Record<string, unknown>> => {
    const response = await server.send(path, {
      method: 'POST',
      headers: { Authorization: `Basic ${credentials}` },
      body: new URLSearchParams(parameters),
    });
    const body: unknown = response.json;
    return typeof body === 'object' ? { ...body } : {};
  };
  const claims = ['email', 'access_token:team', 'access_token:uip:floor', 'access_token:dat:team', 'access_token:cid'];
  const tokens = async (encoding: string, subSid?: string) => {
    const { params, subSid: sid } = await server.page.login(
      { response_type: 'code', client_id: clientId, redirect_uri: redirectUri, scope: 'openid' },
      {
        sub: `alice-${encoding}`,
        consent: { scope: ['openid'], claims, access_token: { encoding } },
        ...(subSid ? { subSid } : {}),
      },
    );
    const code = String(params.get('code'));
    const answer = await form('/token', { grant_type: 'authorization_code', code, redirect_uri: redirectUri });
    return { sid, accessToken: String(answer['access_token']), refreshToken: String(answer['refresh_token']) };
  };

  it.each(['SELF_CONTAINED', 'IDENTIFIER'])('stand at the top, in uip and in dat: %s', async (encoding) => {
    const { accessToken: token } = await tokens(encoding);
    const seen = await form('/token/introspect', { token });
    expect(seen).toMatchObject({
      active: true,
      team: 'blue',
      uip: { floor: 3 },
      dat: { team: 'blue' },
      clm: ['email'],
    });
    // A claim of the token's own meaning cannot be fed.
    expect(seen['client_id']).toBe(clientId);
    expect(seen['cid']).toBeUndefined();
    const userInfo = await server.send('/userinfo', { headers: { Authorization: `Bearer ${token}` } });
    expect(userInfo.json).toEqual({ sub: `alice-${encoding}`, email: 'alice@example.org', floor: 3 });
  });

  it('are sourced anew on refresh and remembered for the next login', async () => {
    const first = await tokens('IDENTIFIER');
    const refreshed = await form('/token', { grant_type: 'refresh_token', refresh_token: first.refreshToken });
    expect(await form('/token/introspect', { token: String(refreshed['access_token']) })).toMatchObject({
      team: 'blue',
    });
    const silent = await tokens('IDENTIFIER', first.sid);
    expect(await form('/token/introspect', { token: silent.accessToken })).toMatchObject({ team: 'blue' });
  });
});
