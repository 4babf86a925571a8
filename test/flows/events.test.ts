import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allEvents, events } from '../../src/events/catalogue.ts';
import { grantEvents } from '../../src/events/token-events.ts';
import type { Subscriber } from '../../src/ports/events.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const { answered, failed, refused } = grantEvents('code');
const meters = [...new Set([...allEvents, answered, failed, ...refused.values()].flatMap(({ meter }) => meter ?? []))];

let server: TestServer;
let heard: Parameters<Subscriber>[];

beforeEach(async () => {
  heard = [];
  server = await startTestServer({ listeners: [(...told) => void heard.push(told)] });
});
afterEach(() => server.close());

describe('before any request', () => {
  test('the JSON of the metrics has every meter of the catalogue, with 0', async () => {
    const shown = object((await server.call('GET', '/monitor/v1/metrics')).body['meters']);
    for (const meter of meters) expect([meter, shown[meter]]).toMatchObject([meter, { count: 0 }]);
  });

  test('so does the text for Prometheus, and has no other meter but those of grants', async () => {
    const page = (await server.call('GET', '/monitor/v1/prometheus')).text;
    const shown = [...page.matchAll(/^(\w+)_total (\d+)$/gm)].map(([, name, count]) => `${name} ${count}`);
    expect(shown).toEqual(expect.arrayContaining(meters.map((meter) => `${meter.replaceAll('.', '_')} 0`)));
    const known = new Set(meters.map((meter) => `${meter.replaceAll('.', '_')} 0`));
    expect(
      shown.filter((line) => !known.has(line) && !/^tokenEndpoint_(refreshToken|clientCredentials)_/.test(line)),
    ).toEqual([]);
  });
});

test('a listener hears of everything that a sign-in causes, with the request behind it', async () => {
  const client = await server.register();
  heard.length = 0;
  const { access } = await client.tokens({});
  await server.userInfo(text(access));
  const of = (event: unknown) => heard.filter(([each]) => each === event);
  for (const event of [
    events.authorization.requested,
    events.authorization.sessionStarted,
    events.authorization.authenticationPrompted,
    events.authorization.authenticated,
    events.authorization.consented,
    events.authorization.answered,
    events.session.created,
    events.token.codeIssued,
    events.token.codeRedeemed,
    events.token.accessTokenIssued,
    events.token.idTokenIssued,
    events.userInfo.successful,
  ]) {
    const [told, again] = of(event);
    expect([event.text, told?.[3]]).toEqual([event.text, expect.stringMatching(/^[0-9a-f]{8}-/)]);
    expect(again).toBeUndefined();
  }
  expect(heard.find(([{ meter }]) => meter === 'tokenEndpoint.code.successfulRequests')?.[1]).toEqual({
    clientId: client.id,
    grantType: 'authorization_code',
  });
  // Nobody hears a credential.
  expect(JSON.stringify(heard)).not.toContain(text(access));
});
