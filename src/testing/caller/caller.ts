import { demoApiToken } from '../../demo.ts';
import { type Answer, bodyOf, send } from './answer.ts';
import { clientOf, metadataOf, type RequestHeaders, type Sender, type TestClient } from './client.ts';
import { createLoginPage } from './login-page.ts';
import type { Answered } from './values.ts';

/** Calls one server, in this process or another. Every method rejects with `NoAnswer` when the answer is lost. */
export interface Caller extends Sender {
  /** Base URL of all endpoints. */
  readonly base: string;
  /** Any request as it is given, for whoever attacks: no credentials, no content type. */
  send(path: string, init?: RequestInit): Promise<Answer>;
  /** Calls a web API with JSON, by default with the master token. */
  call(method: string, path: string, body?: unknown, headers?: RequestHeaders): Promise<Answer>;
  /** The same caller with another token than the master's for {@link call}, or with none. */
  bearing(token: string | undefined): Caller;
  /** `GET /userinfo` with a bearer token. */
  userInfo(accessToken: string): Promise<Answer>;
  /** Registers a client, an ordinary web application unless the metadata says otherwise. Rejects unless that is done. */
  register(metadata?: object): Promise<TestClient>;
  /** A client that is registered already, by its registration response. */
  as(registration: Answered): TestClient;
}

/**
 * Calls the server at this base URL:
 *
 * ```ts
 * const caller = createCaller('http://localhost:8080');
 * const client = await caller.register({ scope: 'openid email' });
 * const tokens = await client.tokens({ nonce: 'n' }, { sub: 'alice', consent: { long_lived: true } });
 * expect((await caller.userInfo(tokens.access)).body).toEqual({ sub: 'alice' });
 * ```
 */
export function createCaller(base: string): Caller {
  return callerBearing(base, bearer(demoApiToken));
}

function callerBearing(base: string, authorization: RequestHeaders): Caller {
  const call: Caller['call'] = (method, path, body, headers) =>
    send(base + path, {
      method,
      headers: { ...authorization, 'Content-Type': 'application/json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    });
  const caller: Caller = {
    base,
    call,
    page: createLoginPage(call),
    send: (path, init = {}) => send(base + path, init),
    post: (path, form, headers = {}) => send(base + path, { method: 'POST', headers, body: new URLSearchParams(form) }),
    bearing: (token) => callerBearing(base, token === undefined ? {} : bearer(token)),
    userInfo: (token) => send(`${base}/userinfo`, { headers: bearer(token) }),
    async register(metadata = {}) {
      return caller.as(bodyOf('registration', await call('POST', '/clients', metadataOf(metadata)), 201));
    },
    as: (registration) => clientOf(caller, registration),
  };
  return caller;
}

function bearer(token: string): RequestHeaders {
  return { Authorization: `Bearer ${token}` };
}
