import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClaimsSource } from '../../src/ports/claims-source.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { text } from '../../src/testing/caller/values.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

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
  let client: TestClient;

  beforeAll(async () => {
    server = await startTestServer({ claimsSources: [people] });
    client = await server.register({ grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] });
  });
  afterAll(() => server.close());

  const claims = ['email', 'access_token:team', 'access_token:uip:floor', 'access_token:dat:team', 'access_token:cid'];
  const consentTo = (encoding: string) => ({
    sub: `alice-${encoding}`,
    consent: { scope: ['openid'], claims, access_token: { encoding } },
  });

  it.each(['SELF_CONTAINED', 'IDENTIFIER'])('stand at the top, in uip and in dat: %s', async (encoding) => {
    const { access } = await client.tokens({}, consentTo(encoding));
    const { body: seen } = await client.introspect(access);
    expect(seen).toMatchObject({
      active: true,
      team: 'blue',
      uip: { floor: 3 },
      dat: { team: 'blue' },
      clm: ['email'],
    });
    // A claim of the token's own meaning cannot be fed.
    expect(seen['client_id']).toBe(client.id);
    expect(seen['cid']).toBeUndefined();
    const userInfo = await server.userInfo(access);
    expect(userInfo.json).toEqual({ sub: `alice-${encoding}`, email: 'alice@example.org', floor: 3 });
  });

  it('are sourced anew on refresh and remembered for the next login', async () => {
    const { code, subSid } = await client.authorize({}, consentTo('IDENTIFIER'));
    const refreshed = await client.refresh((await client.redeem(code)).refresh);
    expect((await client.introspect(refreshed.access)).body).toMatchObject({ team: 'blue' });
    const silent = await client.tokens({}, { ...consentTo('IDENTIFIER'), subSid: text(subSid) });
    expect((await client.introspect(silent.access)).body).toMatchObject({ team: 'blue' });
  });
});
