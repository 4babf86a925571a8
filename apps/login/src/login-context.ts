import type { IncomingMessage } from 'node:http';
import { type CookieScope, clearCookie, cookieName, parseCookies, setCookie } from '../../kit/src/cookies.ts';
import { Refusal } from '../../kit/src/exchange.ts';
import { isJsonObject } from '../../kit/src/json.ts';
import { isRandomToken, randomToken } from '../../kit/src/random-token.ts';
import { type KnownAccounts, readAccounts, sealAccounts } from './accounts.ts';
import type { AttemptLimiter } from './attempt-limiter.ts';
import type { AuthzSessionApi } from './authz-session-api.ts';
import { fingerprint, type Sealer, sameText } from './csrf.ts';
import type { DoublePosts } from './double-posts.ts';
import { clientAddress, single } from './exchange.ts';
import { optionalString } from './json.ts';
import type { LoginLog } from './log.ts';
import { type AuthMessage, type ClientInfo, type ConsentMessage, messageForForm, parseMessage } from './messages.ts';
import type { OpenRequests } from './open-requests.ts';
import type { ScopeLabels } from './scope-labels.ts';
import type { SessionStoreApi } from './session-store-api.ts';
import type { UsersFile } from './users-file.ts';

/** Names of the three cookies; on https they go with the prefix `__Host-`. */
export interface CookieNames {
  /** Subject session identifier. */
  readonly session: string;
  /** Random identity of the browser; forms are bound to it. */
  readonly browser: string;
  /** Accounts that signed in with this browser, with a MAC. */
  readonly accounts: string;
}

/** What every flow works with; one per program. */
export interface LoginContext {
  readonly brand: string;
  /** No trailing slash; empty for the root. */
  readonly basePath: string;
  readonly api: AuthzSessionApi;
  readonly sessions: SessionStoreApi;
  readonly users: UsersFile;
  readonly limiter: AttemptLimiter;
  readonly openRequests: OpenRequests;
  readonly doublePosts: DoublePosts;
  readonly sealer: Sealer;
  readonly log: LoginLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly cookieScope: CookieScope;
  readonly cookieNames: CookieNames;
  readonly trustProxy: boolean;
  readonly acrs: readonly string[];
  readonly continueWithoutPassword: boolean;
  /** Whether clients get an ID token with each refresh. */
  readonly refreshIdTokens: boolean;
  readonly scopeLabels: ScopeLabels;
}

/** One request from one browser, and the cookies that its answer will set. */
export interface Visit {
  readonly browser: string;
  /** False when the browser sent no browser cookie: a first visit, or a post from another site. */
  readonly returning: boolean;
  /** A cookie of these pages came twice, and was not believed. */
  readonly doubled: boolean;
  readonly address: string;
  /**
   * Sends the browser cookie, if it is new. Only with a page that has a form: a post from another site arrives without the
   * cookie, and an answer that set a new one would void the forms that are open in this browser.
   */
  keepBrowser(): void;
  session(): string | undefined;
  known(): KnownAccounts;
  setSession(sid: string): void;
  clearSession(): void;
  setKnown(known: KnownAccounts): void;
  /** The application that the person came from, where a form has told; for pages that say what failed. */
  client(): ClientInfo | undefined;
  cameFrom(client: ClientInfo | undefined): void;
  cookies(): readonly string[];
}

const ACCOUNTS_AGE = 180 * 86_400;

/** Reads the cookies of a request; a browser without identity gets one. */
export function beginVisit(context: LoginContext, request: IncomingMessage): Visit {
  const { cookieNames: names, cookieScope: scope } = context;
  const { values, doubled } = parseCookies(request.headers.cookie);
  const sent = (name: string) => values.get(cookieName(name, scope));
  const address = clientAddress(request, context.trustProxy);
  const twice = Object.values(names).filter((name) => doubled.has(cookieName(name, scope)));
  for (const cookie of twice) context.log.warn('LG2005', 'a cookie came twice and was not used', { address, cookie });
  const presented = sent(names.browser);
  const returning = isRandomToken(presented);
  const browser = returning ? presented : randomToken();
  const changes = new Map<string, string>();
  let session = sent(names.session) || undefined;
  let client: ClientInfo | undefined;
  let known = readAccounts(context.sealer, sent(names.accounts));
  return {
    browser,
    returning,
    doubled: twice.length > 0,
    address,
    keepBrowser() {
      if (!returning) changes.set(names.browser, setCookie(names.browser, browser, scope));
    },
    session: () => session,
    known: () => known,
    setSession(sid) {
      if (sid === session) return;
      session = sid;
      changes.set(names.session, setCookie(names.session, sid, scope));
    },
    clearSession() {
      session = undefined;
      changes.set(names.session, clearCookie(names.session, scope));
    },
    setKnown(next) {
      known = next;
      changes.set(names.accounts, setCookie(names.accounts, sealAccounts(context.sealer, next), scope, ACCOUNTS_AGE));
    },
    client: () => client,
    cameFrom(application) {
      client = application;
    },
    cookies: () => [...changes.values()],
  };
}

/** A form that came back and was found to belong to this browser. */
export interface ReturnedForm<M> {
  readonly message: M;
  /** True when the browser's session is still the one that the page was made for. */
  readonly sameSession: boolean;
  readonly fields: URLSearchParams;
}

const promptBinding = (visit: Visit) => `prompt form of ${visit.browser}`;
const landingBinding = (visit: Visit) => `landing form of ${visit.browser}`;

/** The token for the forms of a prompt page: the prompt itself, bound to this browser and its session. */
export function promptFormToken(context: LoginContext, visit: Visit, message: AuthMessage | ConsentMessage): string {
  visit.keepBrowser();
  const content = { prompt: messageForForm(message), session: fingerprint(visit.session()) };
  return context.sealer.seal(promptBinding(visit), content);
}

function refuseForm(visit: Visit): Refusal {
  if (visit.doubled) {
    return new Refusal(403, 'cookies_doubled', 'The browser has a cookie twice, of which this page has set only one.');
  }
  if (!visit.returning) {
    return new Refusal(403, 'cookies_required', 'The form came without the cookie that was set with it.');
  }
  return new Refusal(403, 'form_refused', 'The form was not made for this browser, or it is too old.');
}

/** Opens a prompt page's form. Throws {@link Refusal} when it was made for another browser, altered, or forged. */
export function openPromptForm(
  context: LoginContext,
  visit: Visit,
  fields: URLSearchParams,
): ReturnedForm<AuthMessage | ConsentMessage> {
  const content = context.sealer.open(promptBinding(visit), single(fields, 'form_token'));
  const prompt = content?.['prompt'];
  const message = isJsonObject(prompt) ? parseMessage(prompt) : undefined;
  if (!visit.returning || (message?.type !== 'auth' && message?.type !== 'consent')) throw refuseForm(visit);
  visit.cameFrom(message.client);
  const sameSession = sameText(optionalString(content?.['session']) ?? '', fingerprint(visit.session()));
  return { message, sameSession, fields };
}

/**
 * True when whoever is signed in at this browser is the one that the page was made for, although perhaps by another sign-in, in
 * another tab. Throws `ApiFailure`.
 */
export async function isSameSubject(
  context: LoginContext,
  visit: Visit,
  { message, sameSession }: ReturnedForm<AuthMessage | ConsentMessage>,
): Promise<boolean> {
  if (sameSession) return true;
  const sid = visit.session();
  if (sid === undefined || message.session === undefined) return false;
  return (await context.sessions.get(sid))?.sub === message.session.sub;
}

/** True when a form, of whatever page, was made for this browser; its session is not looked at. */
export function isOwnForm(context: LoginContext, visit: Visit, fields: URLSearchParams): boolean {
  const token = single(fields, 'form_token');
  const opens = (binding: string) => context.sealer.open(binding, token) !== undefined;
  return visit.returning && (opens(promptBinding(visit)) || opens(landingBinding(visit)));
}

/** The token for the sign-out form outside of an authorization. */
export function landingFormToken(context: LoginContext, visit: Visit): string {
  visit.keepBrowser();
  return context.sealer.seal(landingBinding(visit), { session: fingerprint(visit.session()) });
}

/** True when the form is the sign-out form of this browser and session. */
export function isLandingForm(context: LoginContext, visit: Visit, fields: URLSearchParams): boolean {
  const content = context.sealer.open(landingBinding(visit), single(fields, 'form_token'));
  if (!visit.returning || content === undefined) return false;
  return sameText(optionalString(content['session']) ?? '', fingerprint(visit.session()));
}
