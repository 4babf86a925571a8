import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal, type Reply, readForm, sendReply } from '../../kit/src/exchange.ts';
import { randomToken } from '../../kit/src/random-token.ts';
import { type AttemptLimits, createAttemptLimiter } from './attempt-limiter.ts';
import { createAuthzSessionApi } from './authz-session-api.ts';
import { createSealer } from './csrf.ts';
import { createDoublePosts } from './double-posts.ts';
import { failureReply } from './failure-pages.ts';
import { beginRequest } from './flows/begin.ts';
import type { FlowReply } from './flows/prompt-pages.ts';
import { landing } from './flows/sign-out.ts';
import { formAt, type PageForm, requireAction } from './forms.ts';
import type { LoginLog } from './log.ts';
import { beginVisit, type CookieNames, isOwnForm, type LoginContext, type Visit } from './login-context.ts';
import { countingEnds, createOpenRequests, type RequestLimits } from './open-requests.ts';
import { formPostPage } from './pages/form-post-page.ts';
import { requireMethod, requireNavigation, requireOwnForm } from './request-guards.ts';
import type { ScopeLabels } from './scope-labels.ts';
import { createSessionStoreApi } from './session-store-api.ts';
import { openUsersFile } from './users-file.ts';
import { createWebApi } from './web-api.ts';

/** How the login pages are set up. */
export interface LoginAppOptions {
  /** Path under which the pages are reached, such as `/login` or `/c2id/login`; `req.url` includes it. */
  readonly basePath: string;
  /** Base URL of the server's web APIs: the issuer, or an internal address. */
  readonly apiBaseUrl: string;
  /** Token for the authorization session API (`op.authz.apiAccessTokenSHA256`). */
  readonly apiToken: string;
  /** Token for the subject session store (`sessionStore.apiAccessTokenSHA256`). */
  readonly sessionStoreToken: string;
  /** Path of the JSON users file. */
  readonly usersFile: string;
  /** Name cookies `__Host-` and mark them `Secure`; true wherever browsers come by https. */
  readonly secureCookies: boolean;
  /** For the MAC of forms and cookies, at least 32 characters; the same in all processes. Random when absent. */
  readonly secret?: string;
  /** Default `tessera_sub_sid`, `tessera_browser`, `tessera_accounts`. */
  readonly cookieNames?: CookieNames;
  /** Take the browser's address from the last entry of `X-Forwarded-For`. Default false. */
  readonly trustProxy?: boolean;
  /** Name above the pages. Default `Tessera`. */
  readonly brand?: string;
  /** The ACR values that a password sign-in reaches; the first is used when none of them was asked for. */
  readonly acrs?: readonly string[];
  /** Let a live session continue with a click when only account selection was asked for. Default true. */
  readonly continueWithoutPassword?: boolean;
  /** Let clients have an ID token with each refresh, for as long as the session lasts. Default true. */
  readonly refreshIdTokens?: boolean;
  /** What the consent page calls scope values of your own. */
  readonly scopeLabels?: ScopeLabels;
  readonly limits?: AttemptLimits;
  readonly requestLimits?: RequestLimits;
  /** Time limit for each call of the web APIs, milliseconds. Default 10,000. */
  readonly apiTimeout?: number;
  readonly log: LoginLog;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** The login pages as a plain `node:http` request handler. */
export interface LoginApp {
  /** Answers one request whose body was not read yet. Never rejects. */
  handler(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const DEFAULT_COOKIE_NAMES: CookieNames = {
  session: 'tessera_sub_sid',
  browser: 'tessera_browser',
  accounts: 'tessera_accounts',
};

interface ReceivedForm {
  readonly path: string;
  readonly body: string;
}

/** Bytes. An authorization request may come by POST, with claims and hints in it. */
const FORM_LIMIT = 131_072;

const withCookies = (visit: Visit, reply: FlowReply): Reply => ({ ...reply, cookies: visit.cookies() });

function createContext(options: LoginAppOptions): LoginContext {
  const basePath = options.basePath.replace(/\/+$/, '');
  if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(basePath)) {
    throw new Error(
      `The base path must be made of /letters, digits and ._~-, it is "${options.basePath}" (LOGIN_BASE_PATH)`,
    );
  }
  const now = options.now ?? Date.now;
  const timeout = options.apiTimeout ?? 10_000;
  const openRequests = createOpenRequests(now, options.requestLimits);
  const api = createAuthzSessionApi(createWebApi(options.apiBaseUrl, options.apiToken, timeout));
  return {
    brand: options.brand ?? 'Tessera',
    basePath,
    api: countingEnds(api, openRequests),
    sessions: createSessionStoreApi(createWebApi(options.apiBaseUrl, options.sessionStoreToken, timeout)),
    users: openUsersFile(options.usersFile, options.log),
    limiter: createAttemptLimiter(now, options.limits),
    openRequests,
    doublePosts: createDoublePosts(now),
    sealer: createSealer(options.secret ?? randomToken()),
    log: options.log,
    now,
    cookieScope: { path: basePath === '' ? '/' : basePath, secure: options.secureCookies },
    cookieNames: options.cookieNames ?? DEFAULT_COOKIE_NAMES,
    trustProxy: options.trustProxy ?? false,
    acrs: options.acrs ?? ['urn:tessera:acr:password'],
    continueWithoutPassword: options.continueWithoutPassword ?? true,
    refreshIdTokens: options.refreshIdTokens ?? true,
    scopeLabels: options.scopeLabels ?? new Map(),
  };
}

/**
 * An authorization request by POST comes from another site, so that browsers hold back the `SameSite=Lax` cookies and the
 * session would not be seen. It is therefore turned into a request of our own: a GET where it fits, else a second post.
 */
async function authorizeByPost(context: LoginContext, visit: Visit, request: IncomingMessage): Promise<FlowReply> {
  const body = await readForm(request, FORM_LIMIT);
  const again = (request.url ?? '').endsWith('?relayed=1');
  if (visit.returning || again) return beginRequest(context, visit, body);
  const base = context.basePath === '' ? '/' : context.basePath;
  if (body !== '' && body.length <= 4096 && /^[!"$-~]+$/.test(body)) return { location: `${base}?${body}` };
  return {
    page: formPostPage({ brand: context.brand, target: `${base}?relayed=1`, fields: new URLSearchParams(body) }),
  };
}

async function answerForm(context: LoginContext, visit: Visit, form: PageForm, received: ReceivedForm): Promise<Reply> {
  const fields = new URLSearchParams(received.body);
  const work = async () => withCookies(visit, await form.flow(context, visit, fields));
  // A form of another browser is the flow's to refuse, and never gets the reply to an earlier one.
  if (!isOwnForm(context, visit, fields)) return work();
  requireAction(form, fields);
  const { browser, session } = visit;
  return context.doublePosts.answer({ browser, session, ...received }, work);
}

async function route(context: LoginContext, visit: Visit, request: IncomingMessage): Promise<Reply> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = (mark < 0 ? url : url.slice(0, mark)).replace(/\/$/, '');
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (path === context.basePath) {
    requireMethod(request, 'GET', 'HEAD', 'POST');
    requireNavigation(request);
    if (request.method === 'POST') return withCookies(visit, await authorizeByPost(context, visit, request));
    // HEAD must not start an authorization session.
    const idle = query === '' || request.method === 'HEAD';
    return withCookies(visit, await (idle ? landing(context, visit) : beginRequest(context, visit, query)));
  }
  const form = path.startsWith(`${context.basePath}/`) ? formAt(path.slice(context.basePath.length)) : undefined;
  if (form === undefined) throw new Refusal(404, 'not_found', 'There is no such page.');
  requireMethod(request, 'POST');
  requireOwnForm(request);
  return answerForm(context, visit, form, { path, body: await readForm(request, FORM_LIMIT) });
}

/**
 * Creates the login pages. Throws an `Error` for the operator when the users file cannot be used, or the base path or the
 * secret is wrong.
 */
export function createLoginApp(options: LoginAppOptions): LoginApp {
  const context = createContext(options);
  return {
    async handler(request, response) {
      const visit = beginVisit(context, request);
      let reply: Reply;
      try {
        reply = await route(context, visit, request);
      } catch (error) {
        reply = withCookies(visit, failureReply(context, visit, error));
      }
      try {
        sendReply(response, reply);
      } catch (error) {
        context.log.error('LG9002', 'reply could not be sent', {}, error);
        response.destroy();
      }
    },
  };
}
