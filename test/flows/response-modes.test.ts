import { expect, test } from 'vitest';
import { uriOf } from '../../src/testing/caller/login-page.ts';
import { startTestServer } from '../../src/testing/test-server.ts';

test('the default mode of a response type needs to be configured, too', async () => {
  const server = await startTestServer({ properties: { 'op.authz.responseModes': 'form_post' } });
  try {
    const party = await server.register();
    for (const parameters of [{}, { response_mode: 'query' }]) {
      const refused = await party.start(parameters);
      expect(refused['type']).toBe('response');
      expect(uriOf(refused).searchParams.get('error')).toBe('invalid_request');
    }
    const consent = await server.page.put(await party.start({ response_mode: 'form_post' }), { sub: 'alice' });
    expect(await server.page.put(consent, {})).toMatchObject({ mode: 'form_post' });
  } finally {
    await server.close();
  }
});

test('a form is posted to no custom scheme: the client learns so in a way that reaches it', async () => {
  const server = await startTestServer();
  try {
    const redirectUri = 'com.example.app:/cb';
    const metadata = { redirect_uris: [redirectUri], application_type: 'native' };
    const party = await server.register(metadata);
    const refused = await party.start({ redirect_uri: redirectUri, response_mode: 'form_post', state: 's' });
    expect(refused).toMatchObject({ type: 'response', mode: 'query' });
    expect(uriOf(refused).href).toMatch(/^com\.example\.app:\/cb\?error=invalid_request&.*state=s/);
  } finally {
    await server.close();
  }
});
