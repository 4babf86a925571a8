import type { TestServer } from './test-server.ts';

/** What the driven login page submits. */
export interface LoginChoices {
  readonly sub?: string;
  /** Further members of the subject authentication. */
  readonly authentication?: Readonly<Record<string, unknown>>;
  /** The consent; by default everything requested. */
  readonly consent?: Readonly<Record<string, unknown>>;
  /** Subject session from an earlier login. */
  readonly subSid?: string;
}

/** Where a login ended. */
export interface LoginOutcome {
  /** The final message. */
  readonly message: Readonly<Record<string, unknown>>;
  /** Types of all messages on the way, e.g. `auth`, `consent`, `response`. */
  readonly steps: readonly string[];
  /** The redirection URI with the response; empty for an `error` message. */
  readonly uri: string;
  readonly params: URLSearchParams;
  readonly subSid: string | undefined;
}

/** Goes through an authorization request as a login page does: starts, authenticates, consents, as far as it is asked. */
export async function driveLogin(
  server: TestServer,
  query: string | Readonly<Record<string, string>>,
  choices: LoginChoices = {},
): Promise<LoginOutcome> {
  const text = typeof query === 'string' ? query : new URLSearchParams(query).toString();
  const base = '/authz-sessions/rest/v3';
  let message = await server.json('POST', base, { query: text, sub_sid: choices.subSid ?? null });
  const steps = [String(message['type'])];
  let subSid = choices.subSid;
  for (let step = 0; step < 3 && (message['type'] === 'auth' || message['type'] === 'consent'); step++) {
    const body =
      message['type'] === 'auth'
        ? { sub: choices.sub ?? 'alice', ...choices.authentication }
        : { scope: ['*'], claims: ['*'], ...choices.consent };
    message = await server.json('PUT', `${base}/${String(message['sid'])}`, body);
    steps.push(String(message['type']));
    subSid = sessionIdIn(message) ?? subSid;
  }
  const uri = uriOf(message);
  return { message, steps, uri, params: paramsOf(message, uri), subSid };
}

function sessionIdIn(message: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof message['sub_sid'] === 'string') return message['sub_sid'];
  const session = message['sub_session'];
  const sid = typeof session === 'object' && session !== null && 'sid' in session ? session.sid : undefined;
  return typeof sid === 'string' ? sid : undefined;
}

function uriOf(message: Readonly<Record<string, unknown>>): string {
  const parameters = message['parameters'];
  const uri = typeof parameters === 'object' && parameters !== null && 'uri' in parameters ? parameters.uri : '';
  return String(uri);
}

function paramsOf(message: Readonly<Record<string, unknown>>, uri: string): URLSearchParams {
  const parameters = message['parameters'];
  if (typeof parameters === 'object' && parameters !== null && 'form' in parameters && parameters.form) {
    return new URLSearchParams({ ...parameters.form });
  }
  if (uri === '') return new URLSearchParams();
  const url = new URL(uri);
  return message['mode'] === 'fragment' ? new URLSearchParams(url.hash.slice(1)) : url.searchParams;
}
