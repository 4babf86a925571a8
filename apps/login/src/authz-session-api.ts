import { isJsonObject } from '../../kit/src/json.ts';
import { defined, optionalNumber, optionalString, stringList } from './json.ts';
import { type Message, parseMessage, parseSubjectSession, type SubjectSession } from './messages.ts';
import { ApiFailure, type WebApi } from './web-api.ts';

/** Who was authenticated, and how. */
export interface Authentication {
  readonly sub: string;
  readonly acr?: string;
  readonly amr: readonly string[];
  /** The session of the browser by now: of the same subject, it goes on; `undefined`: it has none. */
  readonly subSid: string | undefined;
  /** Unix seconds; now when absent. */
  readonly authTime?: number;
  /** Kept with the session and given back in prompts. */
  readonly data: { readonly name: string; readonly login: string; readonly email?: string };
}

/** What was agreed to. */
export interface Consent {
  readonly scope: readonly string[];
  readonly claims: readonly string[];
  /** The resources that the access is for; `undefined` where none were asked for. */
  readonly audience: readonly string[] | undefined;
  /** Remember it, so that a second visit asks only for what is new. */
  readonly longLived: boolean;
  readonly issueRefreshToken: boolean;
  /** Each refresh gives an ID token, too. */
  readonly refreshIdTokens: boolean;
}

/** The part of an authorization session that decides whether and how the person has to sign in, and who gets the answer. */
export interface AuthzSession {
  readonly prompt: readonly string[];
  /** The requested ACR values in the order of preference; empty when the client asked for none. */
  readonly acrValues: readonly string[];
  /** Seconds. */
  readonly maxAge?: number;
  /** Where the answer goes. */
  readonly redirectUri?: string;
  readonly session?: SubjectSession;
}

/** The OAuth errors that this page returns to clients. */
export type CancelCode = 'access_denied' | 'consent_required' | 'unmet_authentication_requirements';

/** Client of the authorization session API (`/authz-sessions/rest/v3`). All methods throw `ApiFailure`. */
export interface AuthzSessionApi {
  /** `query`: query string or form body of the authorization request, as received. */
  start(query: string, subSid: string | undefined): Promise<Message>;
  inspect(sid: string): Promise<AuthzSession>;
  authenticate(sid: string, authentication: Authentication): Promise<Message>;
  consent(sid: string, consent: Consent): Promise<Message>;
  /** Ends the session with an OAuth error for the client. */
  cancel(sid: string, error: CancelCode): Promise<Message>;
}

const PATH = '/authz-sessions/rest/v3';

/** An {@link AuthzSessionApi} over HTTP. */
export function createAuthzSessionApi(call: WebApi): AuthzSessionApi {
  const one = (sid: string) => `${PATH}/${encodeURIComponent(sid)}`;
  const message = async (answer: ReturnType<WebApi>): Promise<Message> => {
    const body = await answer;
    const parsed = parseMessage(body);
    if (!parsed)
      throw new ApiFailure('unavailable', `${PATH} answered an unknown message (type ${String(body['type'])})`);
    return parsed;
  };
  const label = `${PATH}/{sid}`;
  return {
    async start(query, subSid) {
      const body = { query, ...defined({ sub_sid: subSid }) };
      try {
        return await message(call({ method: 'POST', path: PATH, label: PATH, body }));
      } catch (error) {
        // Nothing can have expired yet: this is not the server, or a wrong base URL.
        if (error instanceof ApiFailure && error.kind === 'gone') throw new ApiFailure('unavailable', error.message);
        throw error;
      }
    },
    async inspect(sid) {
      const body = await call({ method: 'GET', path: one(sid), label });
      const request = isJsonObject(body['auth_req']) ? body['auth_req'] : {};
      return {
        prompt: stringList(request['prompt']),
        acrValues: stringList(request['acr_values']),
        ...defined({
          maxAge: optionalNumber(request['max_age']),
          redirectUri: optionalString(request['redirect_uri']),
          session: parseSubjectSession(body['sub_session']),
        }),
      };
    },
    authenticate(sid, { sub, acr, amr, subSid, authTime, data }) {
      const body = { sub, amr, data, ...defined({ acr, auth_time: authTime, sub_sid: subSid }) };
      return message(call({ method: 'PUT', path: one(sid), label, body }));
    },
    consent(sid, { scope, claims, audience, longLived, issueRefreshToken, refreshIdTokens }) {
      const tokens = { refresh_token: { issue: issueRefreshToken }, id_token: { allow_refresh: refreshIdTokens } };
      const body = { scope, claims, audience, long_lived: longLived, ...tokens };
      return message(call({ method: 'PUT', path: one(sid), label, body }));
    },
    cancel: (sid, error) => message(call({ method: 'DELETE', path: `${one(sid)}?error=${error}`, label })),
  };
}
