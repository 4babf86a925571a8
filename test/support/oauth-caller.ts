import { demoApiToken } from '../../src/demo.ts';

/** A complete answer of the server. */
export interface Answer {
  readonly status: number;
  /** The members of the JSON body; empty for another body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The server went away before its answer was complete: whether it acted is unknown. */
export class NoAnswer extends Error {
  constructor(cause: unknown) {
    super('The server did not answer', { cause });
    this.name = 'NoAnswer';
  }
}

/** The server answered something that it must not. */
export class WrongAnswer extends Error {
  constructor(what: string, { status, body }: Answer) {
    super(`${what}: unexpected answer ${status} ${JSON.stringify(body)}`);
    this.name = 'WrongAnswer';
  }
}

/** A client with its credentials. */
export interface Credentials {
  readonly client_id: string;
  readonly client_secret: string;
}

/** A client as it was registered. */
export interface RegisteredClient extends Credentials {
  readonly registration_access_token: string;
}

/** What a code flow ends with. */
export interface IssuedCode {
  readonly code: string;
  /** Subject session. */
  readonly sub_sid: string;
}

/** Calls the endpoints of one server process. Every method rejects with `NoAnswer` when the answer is lost. */
export interface OAuthCaller {
  /** Sends a form as the client (`client_secret_basic`). */
  form(path: string, client: Credentials, form: Readonly<Record<string, string>>): Promise<Answer>;
  /** Calls a web API, by default with the demo token. */
  api(method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Registers a client; rejects with `WrongAnswer` unless that is done. */
  register(metadata?: object): Promise<RegisteredClient>;
  /** Goes to the consent prompt as a login page does; answers the ID of the authorisation session. */
  toConsent(client: Credentials, sub: string): Promise<string>;
  /** Goes through login and consent; rejects with `WrongAnswer` unless there is a code. */
  authorize(client: Credentials, sub: string, consent?: object): Promise<IssuedCode>;
  redeem(client: Credentials, code: string): Promise<Answer>;
  refresh(client: Credentials, token: string): Promise<Answer>;
  isActive(client: Credentials, token: string): Promise<boolean>;
}

/** The redirection URI of the clients that `register` makes. */
export const redirectUri = 'https://rp.example/cb';

const usualClient = {
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  scope: 'openid offline_access read',
};

const sessions = '/authz-sessions/rest/v3';

/** Calls the server at this base URL. */
export function createOAuthCaller(base: string): OAuthCaller {
  const form: OAuthCaller['form'] = (path, { client_id, client_secret }, fields) => {
    const credentials = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
    const headers = { Authorization: `Basic ${credentials}` };
    return send(base + path, { method: 'POST', headers, body: new URLSearchParams(fields) });
  };
  const api: OAuthCaller['api'] = (method, path, body, headers) =>
    send(base + path, {
      method,
      headers: { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const toConsent: OAuthCaller['toConsent'] = async ({ client_id }, sub) => {
    const query = new URLSearchParams({ response_type: 'code', client_id, redirect_uri: redirectUri, scope: 'openid' });
    const auth = await api('POST', sessions, { query: query.toString() });
    if (auth.body['type'] !== 'auth') throw new WrongAnswer('authorization request', auth);
    const path = `${sessions}/${auth.body['sid']}`;
    const consent = await api('PUT', path, { sub });
    if (consent.body['type'] !== 'consent') throw new WrongAnswer('subject authentication', consent);
    return path;
  };
  return {
    form,
    api,
    toConsent,
    async register(metadata = usualClient) {
      const answer = await api('POST', '/clients', metadata);
      if (answer.status !== 201 || !isRegistered(answer.body)) throw new WrongAnswer('registration', answer);
      return answer.body;
    },
    async authorize(client, sub, consent = {}) {
      const path = await toConsent(client, sub);
      const response = await api('PUT', path, { scope: ['openid'], ...consent });
      const issued = codeIn(response);
      if (!issued) throw new WrongAnswer('consent', response);
      return issued;
    },
    redeem: (client, code) =>
      form('/token', client, { grant_type: 'authorization_code', code, redirect_uri: redirectUri }),
    refresh: (client, token) => form('/token', client, { grant_type: 'refresh_token', refresh_token: token }),
    async isActive(client, token) {
      const answer = await form('/token/introspect', client, { token });
      const active = answer.body['active'];
      if (answer.status !== 200 || typeof active !== 'boolean') throw new WrongAnswer('introspection', answer);
      return active;
    },
  };
}

/** The code of a final message, if it has one. */
export function codeIn({ body }: Answer): IssuedCode | undefined {
  const parameters = body['parameters'];
  if (typeof parameters !== 'object' || parameters === null || !('uri' in parameters)) return undefined;
  const code = new URL(String(parameters.uri)).searchParams.get('code');
  const sid = body['sub_sid'];
  return code === null ? undefined : { code, sub_sid: typeof sid === 'string' ? sid : '' };
}

/** A member of an answer that must be a text; rejects with `WrongAnswer`. */
export function textIn(answer: Answer, member: string): string {
  const value = answer.body[member];
  if (answer.status !== 200 || typeof value !== 'string') throw new WrongAnswer(member, answer);
  return value;
}

async function send(url: string, init: RequestInit): Promise<Answer> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, init);
    status = response.status;
    text = await response.text();
  } catch (error) {
    throw new NoAnswer(error);
  }
  const value: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : {};
  return { status, body: typeof value === 'object' && value !== null ? { ...value } : {} };
}

function isRegistered(value: object): value is RegisteredClient {
  return 'client_id' in value && 'client_secret' in value && 'registration_access_token' in value;
}
