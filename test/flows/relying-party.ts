import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { ClaimsSource } from '../../src/ports/claims-source.ts';
import { driveLogin, type LoginChoices, type LoginOutcome } from '../../src/testing/login-driver.ts';
import type { TestServer } from '../../src/testing/test-server.ts';

/** A JSON object of an answer. */
export type Answered = Readonly<Record<string, unknown>>;

/** An HTTP answer with a JSON body; `{}` where there is none. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Answered;
}

/** A registered client with its usual requests; whatever is not given has the values of an ordinary web application. */
export interface RelyingParty {
  readonly id: string;
  /** Empty for a public client. */
  readonly secret: string;
  /** The registration response. */
  readonly registration: Answered;
  readonly redirectUri: string;
  /** An authorization request; `undefined` removes a parameter. */
  query(parameters?: Readonly<Record<string, string | undefined>>): Record<string, string>;
  /** Drives the login page through such a request. */
  login(parameters?: Readonly<Record<string, string | undefined>>, choices?: LoginChoices): Promise<LoginOutcome>;
  /** Redeems the code of a login. */
  redeem(code: string, form?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Login and redemption. Rejects unless tokens are issued. */
  tokens(parameters?: Readonly<Record<string, string | undefined>>, choices?: LoginChoices): Promise<Answered>;
  refresh(refreshToken: string, form?: Readonly<Record<string, string>>): Promise<Reply>;
  /** A form to an endpoint below the issuer, with the client's authentication. */
  post(path: string, form: Readonly<Record<string, string>>): Promise<Reply>;
}

/** The value as an object. Throws an `Error` for anything else. */
export function object(value: unknown): Answered {
  if (typeof value !== 'object' || value === null) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return { ...value };
}

/** The value as a text. Throws an `Error` for anything else. */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`not a string: ${JSON.stringify(value)}`);
  return value;
}

/** The value as a number. Throws an `Error` for anything else. */
export function number(value: unknown): number {
  if (typeof value !== 'number') throw new Error(`not a number: ${JSON.stringify(value)}`);
  return value;
}

/** The claims of a JWT, unverified. */
export function claimsOf(jwt: unknown): Answered {
  return decodeJwt(text(jwt));
}

/** The protected header of a JWT. */
export function headerOf(jwt: unknown): Answered {
  return { ...decodeProtectedHeader(text(jwt)) };
}

/** Reads an HTTP answer. */
export async function replyOf(response: Response): Promise<Reply> {
  const body = await response.text();
  return { status: response.status, headers: response.headers, body: body === '' ? {} : object(JSON.parse(body)) };
}

/** `GET /userinfo` with a bearer token. */
export async function userInfo(server: TestServer, accessToken: unknown): Promise<Reply> {
  const headers = { Authorization: `Bearer ${text(accessToken)}` };
  return replyOf(await fetch(`${server.issuer}/userinfo`, { headers }));
}

/** Registers a client with the master token. Rejects unless it is accepted. */
export async function registerRelyingParty(
  server: TestServer,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<RelyingParty> {
  const grants = metadata['grant_types'] ?? ['authorization_code', 'refresh_token'];
  const withCode = Array.isArray(grants) && grants.includes('authorization_code');
  const registration = await server.json('POST', '/clients', {
    grant_types: grants,
    ...(withCode ? { response_types: ['code'], redirect_uris: ['https://rp.example/cb'] } : {}),
    ...metadata,
  });
  if (registration['client_id'] === undefined) throw new Error(JSON.stringify(registration));
  return relyingParty(server, registration);
}

function relyingParty(server: TestServer, registration: Answered): RelyingParty {
  const id = text(registration['client_id']);
  const secret = typeof registration['client_secret'] === 'string' ? registration['client_secret'] : '';
  const method = text(registration['token_endpoint_auth_method']);
  const uris = registration['redirect_uris'];
  const redirectUri = Array.isArray(uris) ? String(uris[0]) : '';
  const party: RelyingParty = {
    id,
    secret,
    registration,
    redirectUri,
    query(parameters = {}) {
      const all = {
        response_type: 'code',
        client_id: id,
        redirect_uri: redirectUri,
        scope: 'openid',
        state: 'af0ifjsldkj',
        ...parameters,
      };
      return Object.fromEntries(Object.entries(all).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
    },
    login: (parameters, choices) => driveLogin(server, party.query(parameters), choices),
    redeem: (code, form) =>
      party.post('/token', { grant_type: 'authorization_code', code, redirect_uri: redirectUri, ...form }),
    async tokens(parameters, choices) {
      const { params, message } = await party.login(parameters, choices);
      const code = params.get('code');
      if (code === null) throw new Error(JSON.stringify(message));
      const { status, body } = await party.redeem(code);
      if (status !== 200) throw new Error(JSON.stringify(body));
      return body;
    },
    refresh: (refreshToken, form) =>
      party.post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken, ...form }),
    async post(path, form) {
      const basic = method === 'client_secret_basic';
      const credentials = Buffer.from(`${id}:${secret}`).toString('base64');
      const own = { client_id: id, ...(method === 'client_secret_post' ? { client_secret: secret } : {}) };
      const response = await fetch(`${server.issuer}${path}`, {
        method: 'POST',
        headers: basic ? { Authorization: `Basic ${credentials}` } : {},
        body: new URLSearchParams(basic ? form : { ...own, ...form }),
      });
      return replyOf(response);
    },
  };
  return party;
}

/** Alice with every standard claim, one of them in two languages; bob with a name; nobody else. */
export const people: ClaimsSource = {
  name: 'people',
  supportedClaims: ['*'],
  async getClaims(subject) {
    if (subject === 'bob') return { name: 'Bob Hatter', email: 'bob@wonderland.net', email_verified: false };
    if (subject !== 'alice') return undefined;
    return {
      name: 'Alice Adams',
      'name#bg': 'Алис Адамс',
      family_name: 'Adams',
      given_name: 'Alice',
      middle_name: 'Liddell',
      nickname: 'Ally',
      preferred_username: 'alice',
      profile: 'https://wonderland.net/alice',
      picture: 'https://wonderland.net/alice.png',
      website: 'https://alice.wonderland.net',
      gender: 'female',
      birthdate: '1992-05-04',
      zoneinfo: 'Europe/Sofia',
      locale: 'en-GB',
      updated_at: 1_700_000_000,
      email: 'alice@wonderland.net',
      email_verified: true,
      phone_number: '+359 2 555 0100',
      phone_number_verified: true,
      address: { country: 'BG', locality: 'Sofia' },
    };
  },
};
