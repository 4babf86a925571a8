import { type Answer, bodyOf } from './answer.ts';
import { type Answered, object, text } from './values.ts';

/** Path of the authorisation session API. */
export const sessionsPath = '/authz-sessions/rest/v3';

/** Parameters of an authorization request; `undefined` stands for none of that name. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** What the driven user and login page submit. */
export interface LoginChoices {
  /** Who signs in; `alice` by default. */
  readonly sub?: string;
  /** Further members of the subject authentication. */
  readonly authentication?: object;
  /** Members of the consent; by default everything requested. */
  readonly consent?: object;
  /** Subject session from an earlier login, as the cookie of a browser has it. */
  readonly subSid?: string;
}

/** Where a login ended. */
export interface LoginOutcome {
  /** The final message. */
  readonly message: Answered;
  /** Types of all messages on the way, e.g. `auth`, `consent`, `response`. */
  readonly steps: readonly string[];
  /** The redirection URI with the response; empty for an `error` message. */
  readonly uri: string;
  /** The parameters of the response, by whichever response mode. */
  readonly params: URLSearchParams;
  readonly subSid: string | undefined;
}

/** The login page's side of the authorisation session API, with a user before it who needs no browser. */
export interface LoginPage {
  /** `POST`: the first message for this query; `more` are further members. Rejects with `WrongAnswer` unless there is one. */
  start(query: unknown, more?: object): Promise<Answered>;
  /** `PUT` of an authentication or a consent: the next message. Rejects with `WrongAnswer` unless there is one. */
  put(message: Answered, body: object): Promise<Answered>;
  /** Goes all the way: starts, authenticates and consents as far as it is asked. */
  login(query: string | Parameters, choices?: LoginChoices): Promise<LoginOutcome>;
}

/** Makes the page of one server, by the door to its web APIs. Example: `(await page.login(query)).params.get('code')`. */
export function createLoginPage(call: (method: string, path: string, body?: unknown) => Promise<Answer>): LoginPage {
  const page: LoginPage = {
    async start(query, more = {}) {
      return bodyOf('authorization request', await call('POST', sessionsPath, { query, ...more }));
    },
    async put(message, body) {
      const step = `answer to the message ${String(message['type'])}`;
      return bodyOf(step, await call('PUT', `${sessionsPath}/${text(message['sid'])}`, body));
    },
    async login(query, choices = {}) {
      const sent = typeof query === 'string' ? query : queryOf(query);
      // Refusals are outcomes here, not faults of the road.
      let { body: message } = await call('POST', sessionsPath, { query: sent, sub_sid: choices.subSid ?? null });
      const steps = [String(message['type'])];
      let subSid = choices.subSid;
      for (let step = 0; step < 3 && (message['type'] === 'auth' || message['type'] === 'consent'); step++) {
        const body = answerTo(message, choices);
        ({ body: message } = await call('PUT', `${sessionsPath}/${String(message['sid'])}`, body));
        steps.push(String(message['type']));
        subSid = sessionIn(message) ?? subSid;
      }
      const uri = String(membersOf(message['parameters'])['uri'] ?? '');
      return { message, steps, uri, params: responseIn(message, uri), subSid };
    },
  };
  return page;
}

/** The query with these parameters. */
export function queryOf(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.append(name, value);
  return query.toString();
}

/** The redirection URI of a message `response`. Throws an `Error` for another message. */
export function uriOf(message: Answered): URL {
  return new URL(text(object(message['parameters'])['uri']));
}

/** The code of a message `response`, if it has one in its query. Example: `codeIn(await page.put(consent, { scope }))`. */
export function codeIn(message: Answered): string | undefined {
  const uri = membersOf(message['parameters'])['uri'];
  return typeof uri === 'string' ? (new URL(uri).searchParams.get('code') ?? undefined) : undefined;
}

function answerTo(message: Answered, { sub, authentication, consent }: LoginChoices): object {
  return message['type'] === 'auth'
    ? { sub: sub ?? 'alice', ...authentication }
    : { scope: ['*'], claims: ['*'], ...consent };
}

function sessionIn(message: Answered): string | undefined {
  const sid = message['sub_sid'] ?? membersOf(message['sub_session'])['sid'];
  return typeof sid === 'string' ? sid : undefined;
}

function responseIn(message: Answered, uri: string): URLSearchParams {
  const form = membersOf(message['parameters'])['form'];
  if (typeof form === 'object' && form !== null) return new URLSearchParams({ ...form });
  if (uri === '') return new URLSearchParams();
  const url = new URL(uri);
  return message['mode'] === 'fragment' ? new URLSearchParams(url.hash.slice(1)) : url.searchParams;
}

function membersOf(value: unknown): Answered {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
