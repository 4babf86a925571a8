import type { TestServer } from '../../src/testing/test-server.ts';
import { type Answered, object, type RelyingParty, text } from './relying-party.ts';

/** Path of the authorisation session API. */
export const sessionsPath = '/authz-sessions/rest/v3';

/** A login page that makes one call at a time, where `driveLogin` goes all the way. */
export interface LoginPage {
  /** `POST`: the first message of a request of the relying party; `more` are further members of the start object. */
  start(parameters?: Readonly<Record<string, string | undefined>>, more?: object): Promise<Answered>;
  /** `POST` of any query. Rejects unless the answer is a message. */
  startWith(query: unknown, more?: object): Promise<Answered>;
  /** `PUT` of an authentication or a consent: the next message. Rejects unless there is one. */
  put(message: Answered, body: object): Promise<Answered>;
  /** A subject session for alice, whose consent to `scope=openid` is remembered. */
  signedIn(): Promise<string>;
}

/** The redirection URI of a message `response`. */
export function uriOf(message: Answered): URL {
  return new URL(text(object(message['parameters'])['uri']));
}

/** A login page of the server; its requests come from the relying party. */
export function createLoginPage(server: TestServer, party: RelyingParty): LoginPage {
  const page: LoginPage = {
    start: (parameters, more) => page.startWith(new URLSearchParams(party.query(parameters)).toString(), more),
    async startWith(query, more = {}) {
      const response = await server.api('POST', sessionsPath, { query, ...more });
      const message = object(await response.json());
      if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(message)}`);
      return message;
    },
    async put(message, body) {
      const response = await server.api('PUT', `${sessionsPath}/${text(message['sid'])}`, body);
      const answer = object(await response.json());
      if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
      return answer;
    },
    async signedIn() {
      const consent = await page.put(await page.start({ prompt: 'consent' }), { sub: 'alice' });
      await page.put(consent, { scope: ['openid'] });
      return text(object(consent['sub_session'])['sid']);
    },
  };
  return page;
}
