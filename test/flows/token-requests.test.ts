import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OAuthError } from '../../src/errors/oauth-error.ts';
import type { GrantType } from '../../src/protocol/grants/grant-type.ts';
import type { TokenRequest } from '../../src/protocol/grants/token-request.ts';
import { textIn, verdict } from '../../src/testing/caller/answer.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { type ExtendedServer, extendServer } from '../support/extended-server.ts';
import { certificateConstraint, certificateProof, keyConstraint, keyProof } from '../support/sender-constraints.ts';

/** What the grants under test were asked to decide on. */
const requests: TokenRequest[] = [];

const grant = (name: string, repeatable: readonly string[]): GrantType => ({
  name,
  metric: name,
  openToAll: false,
  repeatable,
  isEnabled: () => true,
  decide(_ctx, request) {
    requests.push(request);
    throw new OAuthError('invalid-target', 'decided');
  },
});

let server: TestServer;
let extended: ExtendedServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  extended = await extendServer(server, {
    grantTypes: [grant('exchange', ['audience']), grant('assertion', [])],
    senderConstraints: [keyConstraint, certificateConstraint],
  });
  client = await extended.caller.register({
    grant_types: ['exchange', 'assertion', 'client_credentials'],
    resources: ['https://a', 'https://b'],
  });
});
afterAll(async () => {
  await extended.close();
  await server.close();
});
beforeEach(() => {
  requests.length = 0;
});

const post = async (body: string, headers: Readonly<Record<string, string>> = {}) => {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const init = { method: 'POST', headers: { ...type, ...client.basic, ...headers }, body };
  return await extended.caller.send('/token', init);
};

describe('parameters that may repeat', () => {
  test('come as a list to a grant that declares them', async () => {
    const answer = await post(
      'grant_type=exchange&audience=a&resource=https://r/1&audience=b&resource=https://r/2&x=1',
    );
    expect(verdict(answer)).toEqual([400, 'invalid_target']);
    const [request] = requests;
    expect(request?.many('audience')).toEqual(['a', 'b']);
    expect(request?.many('resource')).toEqual(['https://r/1', 'https://r/2']);
    expect([...(request?.params ?? [])]).toEqual([
      ['grant_type', 'exchange'],
      ['x', '1'],
    ]);
  });

  test('are ordinary ones for a grant that does not, whatever others declare', async () => {
    await post('audience=a&grant_type=assertion&resource=https://r/1');
    expect(requests[0]?.params.get('audience')).toBe('a');
    expect(requests[0]?.many('resource')).toEqual(['https://r/1']);
    for (const name of ['assertion', 'client_credentials', 'refresh_token']) {
      requests.length = 0;
      const answer = await post(`audience=a&grant_type=${name}&audience=b`);
      expect([...verdict(answer), answer.body['error_description']]).toEqual([
        400,
        'invalid_request',
        'A request parameter is repeated',
      ]);
      expect(requests).toEqual([]);
    }
  });

  test('are no others', async () => {
    expect(verdict(await post('grant_type=exchange&scope=a&scope=b'))).toEqual([400, 'invalid_request']);
    expect(verdict(await post('grant_type=exchange&grant_type=exchange'))).toEqual([400, 'invalid_request']);
    expect(requests).toEqual([]);
  });

  test('several resources are the audience of client credentials, repeated or with spaces between', async () => {
    for (const resources of ['resource=https://a&resource=https://b', 'resource=https://a%20https://b']) {
      const token = textIn(await post(`grant_type=client_credentials&${resources}`), 'access_token');
      expect(claimsOf(token)['aud']).toEqual(['https://a', 'https://b']);
    }
  });
});

describe('a grant decides on', () => {
  test('the client as it has authenticated, and no proofs where there are none', async () => {
    await post('grant_type=exchange');
    expect(requests[0]).toMatchObject({ client: { client: { id: client.id }, method: 'client_secret_basic' } });
    expect(requests[0]).toMatchObject({ confirmation: undefined, certificate: undefined });
    expect(requests[0]?.many('audience')).toEqual([]);
  });

  test('the proofs of the request', async () => {
    await post('grant_type=exchange', { ...keyProof('K'), ...certificateProof('C') });
    expect(requests[0]?.confirmation).toEqual({ jkt: 'K', 'x5t#S256': 'C' });
    expect(requests[0]?.certificate).toMatchObject({ subject: 'CN=test', thumbprint: 'C' });
  });

  test('nothing before the client has authenticated and is registered for it', async () => {
    await post('grant_type=exchange', { ...client.with({ secret: 'wrong' }).basic });
    const other = await extended.caller.register({ grant_types: ['client_credentials'] });
    expect(verdict(await post('grant_type=exchange', other.basic))).toEqual([400, 'unauthorized_client']);
    expect(requests).toEqual([]);
  });
});
