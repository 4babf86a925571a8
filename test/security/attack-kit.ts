import { createHash } from 'node:crypto';
import { driveLogin, type LoginChoices, type LoginOutcome } from '../../src/testing/login-driver.ts';
import type { TestServer } from '../../src/testing/test-server.ts';

/** A registered client with its credentials. */
export interface AttackClient {
  readonly id: string;
  readonly secret: string;
  readonly registrationToken: string;
  readonly redirectUri: string;
}

/** A reply with its body taken apart; `json` is empty for a body that is not a JSON object. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The redirection URI of clients that name none. */
export const redirectUri = 'https://rp.example/cb';

/** PKCE verifier with its S256 challenge. */
export const pkce = (() => {
  const verifier = 'a-verifier-of-more-than-forty-three-characters-0123456789';
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
})();

/** Registers a client with the master token: all grants, basic authentication, and a wide scope unless said otherwise. */
export async function registerClient(
  server: TestServer,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<AttackClient> {
  const body = {
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    scope: 'openid email profile offline_access read write',
    ...metadata,
  };
  const json = await server.json('POST', '/clients', body);
  if (typeof json['client_id'] !== 'string') throw new Error(`registration failed: ${JSON.stringify(json)}`);
  const uris: unknown = json['redirect_uris'];
  return {
    id: json['client_id'],
    secret: String(json['client_secret'] ?? ''),
    registrationToken: String(json['registration_access_token']),
    redirectUri: Array.isArray(uris) ? String(uris[0]) : '',
  };
}

/** The `Authorization` header of HTTP Basic. */
export function basic(client: { readonly id: string; readonly secret: string }): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` };
}

/** Reads a response completely. */
export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: objectOf(text) };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Posts a form. */
export async function postForm(
  server: TestServer,
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const body = new URLSearchParams(form);
  return read(await fetch(server.issuer + path, { method: 'POST', headers, body }));
}

/** The parameters of an ordinary authorization request. */
export function authorizationRequest(
  client: AttackClient,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirectUri,
    scope: 'openid email read',
    state: 'st',
    ...extra,
  };
}

/** Signs in and consents, up to the authorization response. Throws when it is not a success. */
export async function authorize(
  server: TestServer,
  client: AttackClient,
  extra: Readonly<Record<string, string>> = {},
  choices: LoginChoices = {},
): Promise<LoginOutcome & { readonly code: string }> {
  const outcome = await driveLogin(server, authorizationRequest(client, extra), choices);
  const code = outcome.params.get('code');
  if (code === null) throw new Error(`no code: ${JSON.stringify(outcome.message)}`);
  return { ...outcome, code };
}

/** Redeems a code as the client does that owns it, or as `extra` says. */
export function redeem(
  server: TestServer,
  client: AttackClient,
  code: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, ...extra };
  return client.secret === ''
    ? postForm(server, '/token', { client_id: client.id, ...form })
    : postForm(server, '/token', form, basic(client));
}

/** Uses a refresh token. */
export function refresh(
  server: TestServer,
  client: AttackClient,
  token: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return postForm(server, '/token', { grant_type: 'refresh_token', refresh_token: token, ...extra }, basic(client));
}

/** The tokens of a whole code flow. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly id: string;
}

/** Takes the tokens out of a token response. */
export function tokensIn({ json }: Answer): Tokens {
  return {
    access: String(json['access_token'] ?? ''),
    refresh: String(json['refresh_token'] ?? ''),
    id: String(json['id_token'] ?? ''),
  };
}

/** A whole code flow. */
export async function login(server: TestServer, client: AttackClient, choices: LoginChoices = {}): Promise<Tokens> {
  const { code } = await authorize(server, client, {}, choices);
  const answer = await redeem(server, client, code);
  if (answer.status !== 200) throw new Error(`no tokens: ${answer.text}`);
  return tokensIn(answer);
}

/** Whether introspection by `client` calls the token active. */
export async function isActive(server: TestServer, client: AttackClient, token: string): Promise<boolean> {
  const { json } = await postForm(server, '/token/introspect', { token }, basic(client));
  return json['active'] === true;
}

/** UserInfo with the token in the header. */
export async function userInfo(server: TestServer, token: string): Promise<Answer> {
  return read(await fetch(`${server.issuer}/userinfo`, { headers: { Authorization: `Bearer ${token}` } }));
}

/** Status and OAuth error code, which most attacks end with. */
export function verdict({ status, json }: Answer): readonly [number, unknown] {
  return [status, json['error']];
}

/** A JSON value as a part of a JWT. */
export function jwtPart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Header and claims of a JWT, unverified. */
export function decodeJwt(jwt: string) {
  const [header = '', claims = ''] = jwt.split('.');
  const parse = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: parse(header), claims: parse(claims) };
}
