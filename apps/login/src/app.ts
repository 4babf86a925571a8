import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal, type Reply, readForm, sendReply } from '../../kit/src/exchange.ts';
import { randomToken } from '../../kit/src/random-token.ts';
import { type AttemptLimits, createAttemptLimiter } from './attempt-limiter.ts';
import { createAuthzSessionApi } from './authz-session-api.ts';
import { createSealer } from './csrf.ts';
import { createDoublePosts } from './double-posts.ts';
import { answerRequest, cancel, consent } from './flows/consent.ts';
import type { FlowReply } from './flows/prompt-pages.ts';
import { chooseAccount, signIn } from './flows/sign-in.ts';
import { landing, signOut } from './flows/sign-out.ts';
import type { LoginLog } from './log.ts';
import { beginVisit, type CookieNames, isOwnForm, type LoginContext, type Visit } from './login-context.ts';
import { errorPage } from './pages/error-page.ts';
import { formPostPage } from './pages/form-post-page.ts';
import { createSessionStoreApi } from './session-store-api.ts';
import { openUsersFile } from './users-file.ts';
import { ApiFailure, createWebApi } from './web-api.ts';

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
  /** Mark cookies `Secure`; true wherever browsers come by https. */
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
  readonly limits?: AttemptLimits;
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

type FormFlow = (context: LoginContext, visit: Visit, fields: URLSearchParams) => Promise<FlowReply>;

interface ReceivedForm {
  readonly path: string;
  readonly body: string;
}

/** Bytes. An authorization request may come by POST, with claims and hints in it. */
const FORM_LIMIT = 131_072;

const withCookies = (visit: Visit, reply: FlowReply): Reply => ({ ...reply, cookies: visit.cookies() });

const FORMS: ReadonlyMap<string, FormFlow> = new Map([
  ['/sign-in', signIn],
  ['/account', chooseAccount],
  ['/consent', consent],
  ['/cancel', cancel],
  ['/sign-out', signOut],
]);

function createContext(options: LoginAppOptions): LoginContext {
  const basePath = options.basePath.replace(/\/+$/, '');
  if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(basePath)) {
    throw new Error(
      `The base path must be made of /letters, digits and ._~-, it is "${options.basePath}" (LOGIN_BASE_PATH)`,
    );
  }
  const now = options.now ?? Date.now;
  const timeout = options.apiTimeout ?? 10_000;
  return {
    brand: options.brand ?? 'Tessera',
    basePath,
    api: createAuthzSessionApi(createWebApi(options.apiBaseUrl, options.apiToken, timeout)),
    sessions: createSessionStoreApi(createWebApi(options.apiBaseUrl, options.sessionStoreToken, timeout)),
    users: openUsersFile(options.usersFile, options.log),
    limiter: createAttemptLimiter(now, options.limits),
    doublePosts: createDoublePosts(now),
    sealer: createSealer(options.secret ?? randomToken()),
    log: options.log,
    now,
    cookieScope: { path: basePath === '' ? '/' : basePath, secure: options.secureCookies },
    cookieNames: options.cookieNames ?? DEFAULT_COOKIE_NAMES,
    trustProxy: options.trustProxy ?? false,
    acrs: options.acrs ?? ['urn:tessera:acr:password'],
    continueWithoutPassword: options.continueWithoutPassword ?? true,
  };
}

function requireMethod(request: IncomingMessage, ...methods: readonly string[]): void {
  if (methods.includes(request.method ?? '')) return;
  throw new Refusal(405, 'method_not_allowed', `This address takes ${methods.join(' and ')} requests only.`, {
    allow: methods.join(', '),
  });
}

/** Modern browsers say where a request comes from; a form of this page is only ever sent by this page. */
function requireOwnForm(request: IncomingMessage): void {
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  throw new Refusal(403, 'form_refused', 'The form was sent by another site.');
}

async function relay(context: LoginContext, visit: Visit, query: string): Promise<FlowReply> {
  return answerRequest(context, visit, await context.api.start(query, visit.session()));
}

/**
 * An authorization request by POST comes from another site, so that browsers hold back the `SameSite=Lax` cookies and the
 * session would not be seen. It is therefore turned into a request of our own: a GET where it fits, else a second post.
 */
async function authorizeByPost(context: LoginContext, visit: Visit, request: IncomingMessage): Promise<FlowReply> {
  const body = await readForm(request, FORM_LIMIT);
  const again = (request.url ?? '').endsWith('?relayed=1');
  if (visit.returning || again) return relay(context, visit, body);
  const base = context.basePath === '' ? '/' : context.basePath;
  if (body !== '' && body.length <= 4096 && /^[!"$-~]+$/.test(body)) return { location: `${base}?${body}` };
  return {
    page: formPostPage({ brand: context.brand, target: `${base}?relayed=1`, fields: new URLSearchParams(body) }),
  };
}

async function answerForm(context: LoginContext, visit: Visit, flow: FormFlow, form: ReceivedForm): Promise<Reply> {
  const fields = new URLSearchParams(form.body);
  const work = async () => withCookies(visit, await flow(context, visit, fields));
  // A form of another browser is the flow's to refuse, and never gets the reply to an earlier one.
  if (!isOwnForm(context, visit, fields)) return work();
  const { browser, session } = visit;
  return context.doublePosts.answer({ browser, session, ...form }, work);
}

async function route(context: LoginContext, visit: Visit, request: IncomingMessage): Promise<Reply> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = (mark < 0 ? url : url.slice(0, mark)).replace(/\/$/, '');
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (path === context.basePath) {
    requireMethod(request, 'GET', 'HEAD', 'POST');
    if (request.method === 'POST') return withCookies(visit, await authorizeByPost(context, visit, request));
    // HEAD must not start an authorization session.
    const idle = query === '' || request.method === 'HEAD';
    return withCookies(visit, await (idle ? landing(context, visit) : relay(context, visit, query)));
  }
  const flow = path.startsWith(`${context.basePath}/`) ? FORMS.get(path.slice(context.basePath.length)) : undefined;
  if (flow === undefined) throw new Refusal(404, 'not_found', 'There is no such page.');
  requireMethod(request, 'POST');
  requireOwnForm(request);
  return answerForm(context, visit, flow, { path, body: await readForm(request, FORM_LIMIT) });
}

const START_AGAIN = 'Go back to the application and start again.';

function refusalPage(brand: string, refusal: Refusal): FlowReply {
  const { status, code, message: description, headers } = refusal;
  const advice = code === 'cookies_required' ? `Allow cookies for this site. ${START_AGAIN}` : START_AGAIN;
  return { page: errorPage({ brand, status, title: 'This did not work', advice, code, description, headers }) };
}

function apiFailurePage(context: LoginContext, failure: ApiFailure): FlowReply {
  const { brand, log } = context;
  if (failure.kind === 'gone') {
    log.info('LG3001', 'authorization session is gone', { problem: failure.message });
    const advice = `Your sign-in took too long, or it was finished already. ${START_AGAIN}`;
    return {
      page: errorPage({ brand, status: 400, title: 'Your sign-in has expired', advice, code: 'session_expired' }),
    };
  }
  if (failure.kind === 'refused' || failure.kind === 'denied') {
    log.warn('LG3002', 'the web API refused a request of the login page', { problem: failure.message });
    return {
      page: errorPage({ brand, status: 400, title: 'This did not work', advice: START_AGAIN, code: 'request_refused' }),
    };
  }
  if (failure.kind === 'unusable-target') {
    const text = 'no browser can be sent to this client: check its redirect_uris and response_mode';
    log.error('LG3004', text, { problem: failure.message });
    const title = 'The application’s address cannot be opened';
    const advice =
      'The answer cannot be delivered to the application, and trying again will not help. Tell its operator.';
    return { page: errorPage({ brand, status: 502, title, advice, code: 'unusable_redirect_uri' }) };
  }
  const hint =
    failure.kind === 'unauthorized' ? 'check API_TOKEN and SESSION_API_TOKEN' : 'check API_BASE_URL and the server';
  log.error('LG3003', `the web API did not serve the login page: ${hint}`, { problem: failure.message });
  const advice =
    'The service cannot be reached at the moment. Wait a little, then go back to the application and start again.';
  const headers = { 'retry-after': '10' };
  const code = 'temporarily_unavailable';
  return { page: errorPage({ brand, status: 503, title: 'Sign-in is not available', advice, code, headers }) };
}

function failureReply(context: LoginContext, error: unknown): FlowReply {
  if (error instanceof Refusal) return refusalPage(context.brand, error);
  if (error instanceof ApiFailure) return apiFailurePage(context, error);
  const reference = randomUUID();
  context.log.error('LG9001', 'unexpected failure', { reference }, error);
  const advice = `Something went wrong here. ${START_AGAIN}`;
  const description = `Reference ${reference}`;
  const { brand } = context;
  return {
    page: errorPage({ brand, status: 500, title: 'This did not work', advice, code: 'server_error', description }),
  };
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
        reply = withCookies(visit, failureReply(context, error));
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
