import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPlayground } from '../src/app.ts';
import { attributeOf, type BrowserDouble, createBrowserDouble, textOf, type Visited } from './browser-double.ts';
import { type Listening, listen } from './listen.ts';
import { CLIENT, startProvider, type TestProvider } from './provider.ts';

const SCRIPT = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;

let site: Listening;
let server: TestProvider;
let home: string;

beforeAll(async () => {
  site = await listen();
  home = `${site.origin}/playground`;
  server = await startProvider(`${home}/callback`);
  site.use(
    createPlayground({
      basePath: '/playground',
      publicUrl: home,
      issuer: server.issuer,
      internalFetch: server.fetch,
      ...CLIENT,
    }).handler,
  );
});

afterAll(async () => {
  await site.close();
  await server.close();
});

beforeEach(() => {
  server.calls.length = 0;
  server.lies.delete('/token');
});

/** Sends a browser to the authorization endpoint and returns the parameters it came with. */
async function begin(browser: BrowserDouble): Promise<URLSearchParams> {
  const start = await browser.get(home);
  const csrf = /name="csrf" value="([^"]*)"/.exec(start.body)?.[1] ?? '';
  const sent = await browser.post(`${home}/sign-in`, { csrf, scope: 'openid' });
  return new URL(sent.headers.get('location') ?? '').searchParams;
}

function answer(parameters: Readonly<Record<string, string>>): string {
  return `${home}/callback?${new URLSearchParams({ iss: server.issuer, ...parameters })}`;
}

async function signIn(browser: BrowserDouble, claims: Readonly<Record<string, unknown>> = {}): Promise<Visited> {
  const request = await begin(browser);
  const idToken = await server.sign({ nonce: request.get('nonce') ?? '', ...claims });
  const body = { access_token: await server.sign(claims), token_type: 'Bearer', expires_in: 600, id_token: idToken };
  server.lies.set('/token', { status: 200, body });
  return browser.follow(await browser.get(answer({ code: 'c', state: request.get('state') ?? '' })));
}

describe('the session cookie', () => {
  test('is __Host- on https, where no other host of the domain can plant one', async () => {
    const own = await listen();
    const publicUrl = 'https://rp.example/playground';
    own.use(createPlayground({ basePath: '/playground', publicUrl, issuer: server.issuer, ...CLIENT }).handler);
    try {
      const { headers } = await fetch(`${own.origin}/playground`);
      const pattern = /^__Host-tessera_playground=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/;
      expect(headers.get('set-cookie')).toMatch(pattern);
    } finally {
      await own.close();
    }
  });

  test('is none when it comes twice', async () => {
    const own = await fetch(home);
    const [pair = ''] = (own.headers.get('set-cookie') ?? '').split(';');
    const once = await fetch(home, { headers: { cookie: pair } });
    expect(once.headers.get('set-cookie')).toBeNull();
    const twice = await fetch(home, { headers: { cookie: `${pair}; ${pair}` } });
    expect(twice.headers.get('set-cookie')).toMatch(/^tessera_playground=/);
  });
});

describe('login CSRF and session swapping', () => {
  test('a response with a state that this browser never sent is refused, and its code is not redeemed', async () => {
    const attacker = await begin(createBrowserDouble());
    const victim = createBrowserDouble();
    await begin(victim);
    const page = await victim.get(answer({ code: 'of-the-attacker', state: attacker.get('state') ?? '' }));
    expect(page.status).toBe(400);
    expect(textOf(page, 'error-code')).toBe('state_mismatch');
    expect(server.calls).not.toContain('/token');
  });

  test('a form_post of an attacker does not sign the victim in', async () => {
    const attackersBrowser = createBrowserDouble();
    const attacker = await begin(attackersBrowser);
    const victim = createBrowserDouble();
    await begin(victim);
    const form = { code: 'of-the-attacker', state: attacker.get('state') ?? '', iss: server.issuer };
    const page = await victim.follow(await victim.post(`${home}/callback`, form, { crossSite: true }));
    expect(page.status).toBe(400);
    expect(textOf(page, 'error-code')).toBe('state_mismatch');
    expect(server.calls).not.toContain('/token');
  });

  test('a form_post with an unknown state is laid nowhere', async () => {
    const page = await createBrowserDouble().post(`${home}/callback`, { code: 'c', state: 'guessed' });
    expect(page.status).toBe(400);
    expect(textOf(page, 'received-parameters')).toContain('guessed');
  });

  test('a response is taken once', async () => {
    const browser = createBrowserDouble();
    const request = await begin(browser);
    const url = answer({ error: 'access_denied', state: request.get('state') ?? '' });
    expect((await browser.get(url)).status).toBe(303);
    expect((await browser.get(url)).status).toBe(400);
  });

  test('another issuer in the response (mix-up) is refused before the code is sent anywhere', async () => {
    const browser = createBrowserDouble();
    const request = await begin(browser);
    const url = answer({ code: 'c', state: request.get('state') ?? '', iss: 'https://evil.example' });
    const page = await browser.follow(await browser.get(url));
    expect(attributeOf(page, 'sign-in-failure', 'data-source')).toBe('client');
    expect(textOf(page, 'sign-in-failure-description')).toContain('iss');
    expect(server.calls).not.toContain('/token');
  });
});

describe('CSRF on the buttons', () => {
  test.each([
    'sign-in',
    'options',
    'again',
    'start-over',
    'refresh',
    'userinfo',
    'introspect',
    'revoke-access',
    'revoke-refresh',
  ])('%s needs the token of its page', async (path) => {
    const browser = createBrowserDouble();
    await signIn(browser);
    server.calls.length = 0;
    const foreign = /name="csrf" value="([^"]*)"/.exec((await createBrowserDouble().get(home)).body)?.[1] ?? '';
    for (const form of [{}, { csrf: '' }, { csrf: foreign }]) {
      const page = await browser.post(`${home}/${path}`, form);
      expect(page.status).toBe(403);
      expect(textOf(page, 'error-code')).toBe('csrf');
    }
    expect(server.calls).toEqual([]);
    expect(attributeOf(await browser.get(`${home}/result`), 'result', 'data-outcome')).toBe('ok');
  });

  test('a GET does nothing', async () => {
    for (const path of ['sign-in', 'refresh', 'start-over']) {
      expect((await createBrowserDouble().get(`${home}/${path}`)).status).toBe(405);
    }
  });
});

describe('markup from outside', () => {
  test('stays text in error responses', async () => {
    const browser = createBrowserDouble();
    const request = await begin(browser);
    const url = answer({ error: SCRIPT, error_description: SCRIPT, state: request.get('state') ?? '' });
    const page = await browser.follow(await browser.get(url));
    expect(textOf(page, 'sign-in-failure-description')).toBe(SCRIPT);
    expect(page.body).not.toMatch(/<script|<img/);
  });

  test('stays text in the parameters of a refused callback', async () => {
    const page = await createBrowserDouble().get(answer({ [SCRIPT]: SCRIPT, state: 'x' }));
    expect(page.status).toBe(400);
    expect(page.body).not.toMatch(/<script|<img/);
  });

  test('stays text in claims, whatever they hold', async () => {
    const browser = createBrowserDouble();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.constant(SCRIPT)), async (value) => {
        const page = await signIn(browser, { sub: SCRIPT, [`x${value}`]: value, nested: { value: [value] } });
        const tags = page.body.replace(/<style>[\s\S]*?<\/style>/, '').match(/<\/?[a-z0-9]+/g) ?? [];
        expect(tags).not.toContain('<script');
        expect(tags).not.toContain('<img');
        // U+FFFD stands for what HTML cannot hold; JSON escapes it first, so the claims come back whole.
        expect(JSON.parse(textOf(page, 'id-token-claims') ?? '')).toMatchObject({
          nested: { value: [value.toWellFormed()] },
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe('answers that a client must not believe', () => {
  test('an ID token signed with another key', async () => {
    const browser = createBrowserDouble();
    const request = await begin(browser);
    const idToken = await server.sign({ nonce: request.get('nonce') ?? '' }, { forged: true });
    const body = { access_token: 'a', token_type: 'Bearer', id_token: idToken };
    server.lies.set('/token', { status: 200, body });
    const page = await browser.follow(await browser.get(answer({ code: 'c', state: request.get('state') ?? '' })));
    expect(attributeOf(page, 'result', 'data-outcome')).toBe('failed');
    expect(attributeOf(page, 'sign-in-failure', 'data-source')).toBe('client');
    expect(page.body).not.toContain('id="id-token-claims"');
  });

  test('an ID token with the nonce of another request', async () => {
    const browser = createBrowserDouble();
    const page = await signIn(browser, { nonce: 'another' });
    expect(textOf(page, 'sign-in-failure-code')).toBe('OAUTH_JWT_CLAIM_COMPARISON_FAILED');
  });
});

describe('errors in plain words', () => {
  test.each([
    ['a body', { status: 401, body: { error: 'invalid_client', error_description: 'No.' } }],
    [
      'a body and a bare challenge',
      {
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="x"' },
        body: { error: 'invalid_client', error_description: 'No.' },
      },
    ],
  ])('invalid_client with %s', async (_, refusal) => {
    const browser = createBrowserDouble();
    const request = await begin(browser);
    server.lies.set('/token', refusal);
    const page = await browser.follow(await browser.get(answer({ code: 'c', state: request.get('state') ?? '' })));
    expect(textOf(page, 'sign-in-failure-code')).toBe('invalid_client');
    expect(textOf(page, 'sign-in-failure-description')).toBe('No.');
    expect(textOf(page, 'token-status')).toBe('401');
  });

  test('a server that cannot be reached', async () => {
    const nobody = await listen();
    await nobody.close();
    const own = await listen();
    own.use(createPlayground({ basePath: '/', publicUrl: own.origin, issuer: nobody.origin, ...CLIENT }).handler);
    const page = await createBrowserDouble().get(`${own.origin}/`);
    await own.close();
    expect(page.status).toBe(200);
    expect(textOf(page, 'provider-failure-code')).toBe('network_error');
    expect(textOf(page, 'provider-failure-description')).toContain('ECONNREFUSED');
  });

  test('an opaque access token is shown as it is', async () => {
    const browser = createBrowserDouble();
    const request = await begin(browser);
    const idToken = await server.sign({ nonce: request.get('nonce') ?? '' });
    const body = { access_token: 'as-it-is', token_type: 'Bearer', id_token: idToken };
    server.lies.set('/token', { status: 200, body });
    const page = await browser.follow(await browser.get(answer({ code: 'c', state: request.get('state') ?? '' })));
    expect(attributeOf(page, 'access-token-kind', 'data-kind')).toBe('opaque');
    expect(textOf(page, 'access-token-raw')).toBe('as-it-is');
  });

  test('a JWT access token is taken apart', async () => {
    const page = await signIn(createBrowserDouble(), { scp: ['openid'] });
    expect(attributeOf(page, 'access-token-kind', 'data-kind')).toBe('jwt');
    expect(JSON.parse(textOf(page, 'access-token-claims') ?? '')).toMatchObject({ scp: ['openid'] });
    expect(textOf(page, 'id-token-signature')).toMatch(/EC P-256 key “.+”/);
  });
});

describe('every answer', () => {
  test.each(['', '/callback', '/nowhere', '/callback?state=x'])('%s carries the security headers', async (path) => {
    const { headers, body } = await createBrowserDouble().get(home + path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; (script-src 'sha256-[^']+'; )?img-src data:; /,
    );
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`form-action 'self' ${server.issuer}`);
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(body).not.toMatch(/ style="| on\w+="/);
  });

  test.each([
    ['application/json', '{}', 415],
    ['application/x-www-form-urlencoded', `a=${'x'.repeat(70_000)}`, 413],
  ])('a body of type %s is refused when it is not a small form', async (type, body, status) => {
    const response = await fetch(`${home}/sign-in`, { method: 'POST', headers: { 'content-type': type }, body });
    expect(response.status).toBe(status);
  });

  test('an issuer on plain http is refused unless it is this machine', () => {
    const options = { basePath: '/', publicUrl: 'http://localhost:1/', ...CLIENT };
    expect(() => createPlayground({ ...options, issuer: 'http://op.example' })).toThrow('must be https');
  });
});
