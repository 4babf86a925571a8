import { type Answer, bodyOf, WrongAnswer } from './answer.ts';
import { type LoginChoices, type LoginOutcome, type LoginPage, type Parameters, queryOf } from './login-page.ts';
import { type Answered, object, text } from './values.ts';

/** Form parameters. */
export type Form = Readonly<Record<string, string>>;

/** Headers of a request. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** What a client needs of the caller that it calls by. */
export interface Sender {
  /** The server's login page with a user before it. */
  readonly page: LoginPage;
  /** Posts a form, without credentials unless the headers have them. */
  post(path: string, form: Form, headers?: RequestHeaders): Promise<Answer>;
}

/** The redirection URI of clients that name none. */
export const redirectUri = 'https://rp.example/cb';

/** Metadata of a client that may do nearly everything: `server.register({ ...versatile, client_name: 'App' })`. */
export const versatile = {
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types: ['code'],
  scope: 'openid email profile offline_access read write',
};

/** An answer of the token endpoint; a token that it has not is an empty text. */
export interface TokenAnswer extends Answer {
  readonly access: string;
  readonly refresh: string;
  readonly id: string;
}

/** A registered client, with the requests that it makes of the server of its caller. */
export interface TestClient {
  readonly id: string;
  /** Empty for a public client. */
  readonly secret: string;
  /** The first registered one; empty without. */
  readonly redirectUri: string;
  /** The registration access token. */
  readonly registrationToken: string;
  /** The whole registration response. */
  readonly registration: Answered;
  /** The headers of its HTTP Basic authentication, whichever method it has registered. */
  readonly basic: Readonly<Record<string, string>>;
  /** The same client with another identifier or secret; without a secret it sends its `client_id` only. */
  with(credentials: { readonly id?: string; readonly secret?: string }): TestClient;
  /** The same client by another caller, e.g. of another process of the same server. */
  by(caller: Sender): TestClient;
  /**
   * An authorization request of response type `code`, for the scope `openid email read` as far as the client has registered
   * it and otherwise `openid`; `undefined` removes a parameter.
   */
  query(parameters?: Parameters): Record<string, string>;
  /** The first message of such a request, `more` being members of the start object. Rejects unless there is one. */
  start(parameters?: Parameters, more?: object): Promise<Answered>;
  /** A subject session for alice, whose consent to `scope=openid` is remembered. */
  signedIn(): Promise<string>;
  /** Goes through login and consent, wherever that ends. */
  login(parameters?: Parameters, choices?: LoginChoices): Promise<LoginOutcome>;
  /** The same. Rejects with `WrongAnswer` unless there is a code. */
  authorize(parameters?: Parameters, choices?: LoginChoices): Promise<LoginOutcome & { readonly code: string }>;
  /** Login and redemption. Rejects with `WrongAnswer` unless tokens are issued. */
  tokens(parameters?: Parameters, choices?: LoginChoices): Promise<TokenAnswer>;
  /** A form to an endpoint below the base URL, with the client's authentication as registered. */
  post(path: string, form: Form): Promise<Answer>;
  /** The token endpoint with any grant. */
  token(form: Form): Promise<TokenAnswer>;
  redeem(code: string, form?: Form): Promise<TokenAnswer>;
  refresh(refreshToken: string, form?: Form): Promise<TokenAnswer>;
  introspect(token: string, form?: Form): Promise<Answer>;
  /** Whether the server calls the token active. Rejects with `WrongAnswer` where it does not say. */
  isActive(token: string): Promise<boolean>;
  revoke(token: string, form?: Form): Promise<Answer>;
}

/** A registration request for an ordinary web application, or whatever else the metadata makes of it. */
export function metadataOf(metadata: object): object {
  const all = { grant_types: ['authorization_code', 'refresh_token'], ...metadata };
  const withCode = Array.isArray(all.grant_types) && all.grant_types.includes('authorization_code');
  return withCode ? { response_types: ['code'], redirect_uris: [redirectUri], ...all } : all;
}

/** The client of this registration response, calling by `caller`. Throws an `Error` for anything else. */
export function clientOf(caller: Sender, registration: Answered): TestClient {
  const uris = registration['redirect_uris'];
  const uri = Array.isArray(uris) ? String(uris[0]) : '';
  const scope = scopeOf(registration);
  return createClient(caller, {
    id: text(registration['client_id']),
    secret: typeof registration['client_secret'] === 'string' ? registration['client_secret'] : '',
    registration,
    redirectUri: uri,
    scope,
  });
}

/** The header of HTTP Basic authentication, parts not form-encoded: `server.post('/token', form, basic({ id: 'x', secret: 'y' }))`. */
export function basic({ id, secret }: { readonly id: string; readonly secret: string }): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

interface Identity {
  readonly id: string;
  readonly secret: string;
  readonly registration: Answered;
  readonly redirectUri: string;
  readonly scope: string;
}

function createClient(caller: Sender, identity: Identity): TestClient {
  const { id, secret, registration, redirectUri: redirect_uri, scope } = identity;
  const client: TestClient = {
    id,
    secret,
    registration,
    basic: basic({ id, secret }),
    redirectUri: redirect_uri,
    registrationToken: String(registration['registration_access_token']),
    by: (other) => createClient(other, identity),
    with: (credentials) => createClient(caller, { ...identity, ...credentials }),
    query: (parameters) =>
      present({ response_type: 'code', client_id: id, redirect_uri, scope, state: 'af0ifjsldkj', ...parameters }),
    start: (parameters, more) => caller.page.start(queryOf(client.query(parameters)), more),
    async signedIn() {
      const { subSid } = await client.login({ scope: 'openid', prompt: 'consent' });
      return text(subSid);
    },
    login: (parameters, choices) => caller.page.login(client.query(parameters), choices),
    async authorize(parameters, choices) {
      const outcome = await client.login(parameters, choices);
      const code = outcome.params.get('code');
      if (code === null) throw new Error(`no code: ${JSON.stringify(outcome.message)}`);
      return { ...outcome, code };
    },
    async tokens(parameters, choices) {
      const { code } = await client.authorize(parameters, choices);
      const answer = await client.redeem(code);
      bodyOf('redemption', answer);
      return answer;
    },
    post(path, form) {
      const method = registration['token_endpoint_auth_method'];
      if (secret === '' || method === 'none') return caller.post(path, { client_id: id, ...form });
      return method === 'client_secret_post'
        ? caller.post(path, { client_id: id, client_secret: secret, ...form })
        : caller.post(path, form, client.basic);
    },
    token: async (form) => withTokens(await client.post('/token', form)),
    redeem: (code, form) => client.token({ grant_type: 'authorization_code', code, redirect_uri, ...form }),
    refresh: (refresh_token, form) => client.token({ grant_type: 'refresh_token', refresh_token, ...form }),
    introspect: (token, form) => client.post('/token/introspect', { token, ...form }),
    async isActive(token) {
      const answer = await client.introspect(token);
      const active = bodyOf('introspection', answer)['active'];
      if (typeof active !== 'boolean') throw new WrongAnswer('introspection', answer);
      return active;
    },
    revoke: (token, form) => client.post('/token/revoke', { token, ...form }),
  };
  return client;
}

function withTokens(answer: Answer): TokenAnswer {
  const { access_token: access = '', refresh_token: refresh = '', id_token: id = '' } = object(answer.body);
  return { ...answer, access: String(access), refresh: String(refresh), id: String(id) };
}

function scopeOf(registration: Answered): string {
  const registered = String(registration['scope'] ?? 'openid').split(' ');
  return ['openid', 'email', 'read'].filter((value) => registered.includes(value)).join(' ');
}

function present(parameters: Parameters): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
}
