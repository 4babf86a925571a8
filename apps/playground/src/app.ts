import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CustomFetch } from 'openid-client';
import { cookieName, parseCookies, setCookie } from '../../kit/src/cookies.ts';
import { Refusal, sendReply } from '../../kit/src/exchange.ts';
import { isRandomToken, randomToken } from '../../kit/src/random-token.ts';
import { type CallbackReply, callback, fragmentCallback } from './callback.ts';
import { type ActionKind, runAction } from './flows/actions.ts';
import { beginSignIn } from './flows/sign-in.ts';
import { createFormTokens } from './form-tokens.ts';
import { type Reply, readForm, replyWith } from './http-exchange.ts';
import { errorPage } from './pages/error-page.ts';
import { resultPage } from './pages/result-page.ts';
import { startPage } from './pages/start-page.ts';
import type { PlaygroundContext } from './playground-context.ts';
import { type Clock, createProvider } from './provider.ts';
import { createSessionStore, type PlaygroundSession } from './session-store.ts';
import { checkOptions, DEFAULT_OPTIONS, readOptions, type SignInOptions } from './sign-in-options.ts';

/** How the playground is set up. */
export interface PlaygroundOptions {
  /** Path at which the handler is reached, such as `/playground` or `/c2id/playground`; `req.url` includes it. `/` for the root. */
  readonly basePath: string;
  /** URL of the start page as the browser sees it, such as `http://localhost:8080/playground`. */
  readonly publicUrl: string;
  /** The server's issuer URL: https, or http on `localhost` or `127.0.0.1`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Sent as `client_secret_basic`; empty for a public client. */
  readonly clientSecret: string;
  /** The system's time by default. */
  readonly clock?: Clock;
  /** Sends the requests to the server; the global fetch by default. */
  readonly internalFetch?: CustomFetch;
  /** Told about unexpected failures; the user sees the reference. */
  readonly onError?: (error: unknown, reference: string) => void;
}

/** The demo relying party. */
export interface Playground {
  /** A node:http handler. It answers every request and never rejects. The body must not have been read. */
  handler(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

interface Visit {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** The browser's session identifier, from its cookie or new. */
  readonly id: string;
  readonly session: PlaygroundSession | undefined;
  /** Gives the browser another session identifier. */
  setId(id: string): void;
}

type Route = (context: PlaygroundContext, visit: Visit) => Promise<Reply>;

const COOKIE = 'tessera_playground';

async function start(context: PlaygroundContext, visit: Visit, options: SignInOptions, status: number): Promise<Reply> {
  const found = await context.provider.metadata();
  const authorizationEndpoint = 'metadata' in found ? found.metadata.authorization_endpoint : undefined;
  const page = startPage({
    ...context,
    csrf: context.formTokens.issue(visit.id),
    options,
    problems: checkOptions(options),
    ...(authorizationEndpoint !== undefined && { authorizationEndpoint }),
    ...('failure' in found && { failure: found.failure }),
    hasResult: visit.session?.tokens !== undefined || visit.session?.failure !== undefined,
  });
  return { kind: 'page', status, page };
}

function redirect(context: PlaygroundContext, path: string): Reply {
  return { kind: 'redirect', location: `${context.sitePath}${path}` || '/' };
}

/** The form, when it was rendered for this browser. Throws a {@link Refusal} otherwise. */
async function readOwnForm(context: PlaygroundContext, visit: Visit): Promise<URLSearchParams> {
  const form = await readForm(visit.request);
  if (!context.formTokens.verify(visit.id, form.get('csrf'))) {
    throw new Refusal(
      403,
      'csrf',
      'This form does not belong to this browser session: the page is old, cookies are off, or another site sent it.',
    );
  }
  return form;
}

const signIn: Route = async (context, visit) => {
  const options = readOptions(await readOwnForm(context, visit));
  if (checkOptions(options).size > 0) return start(context, visit, options, 422);
  const session = context.sessions.open(visit.id);
  session.options = options;
  const begun = await beginSignIn(context, session, options);
  return 'failure' in begun ? start(context, visit, options, 502) : { kind: 'redirect', location: begun.url };
};

const saveOptions: Route = async (context, visit) => {
  const options = readOptions(await readOwnForm(context, visit));
  if (checkOptions(options).size > 0) return start(context, visit, options, 422);
  context.sessions.open(visit.id).options = options;
  return redirect(context, '#authorization-request');
};

const signInAgain: Route = async (context, visit) => {
  await readOwnForm(context, visit);
  const session = context.sessions.open(visit.id);
  const begun = await beginSignIn(context, session, { ...session.options, prompt: 'none' });
  return 'failure' in begun ? start(context, visit, session.options, 502) : { kind: 'redirect', location: begun.url };
};

const startOver: Route = async (context, visit) => {
  await readOwnForm(context, visit);
  context.sessions.remove(visit.id);
  visit.setId(randomToken());
  return redirect(context, '');
};

const result: Route = async (context, { id, session }) => {
  if (session?.tokens === undefined && session?.failure === undefined) return redirect(context, '');
  const page = resultPage({
    sitePath: context.sitePath,
    csrf: context.formTokens.issue(id),
    session,
    now: context.clock.now(),
  });
  return { kind: 'page', status: 200, page };
};

function action(kind: ActionKind): Route {
  return async (context, visit) => {
    await readOwnForm(context, visit);
    const { session } = visit;
    if (session?.tokens === undefined) return redirect(context, '');
    await runAction(context, session, session.tokens, kind);
    return redirect(context, '/result#actions');
  };
}

function returning(answer: (context: PlaygroundContext, visit: Visit) => Promise<CallbackReply>): Route {
  return async (context, visit) => {
    const { reply, newSessionId } = await answer(context, visit);
    if (newSessionId !== undefined) visit.setId(newSessionId);
    return reply;
  };
}

/** Every address of the playground, by method and path below the start page. */
const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['GET ', (context, visit) => start(context, visit, visit.session?.options ?? DEFAULT_OPTIONS, 200)],
  ['POST /options', saveOptions],
  ['POST /sign-in', signIn],
  ['GET /callback', returning((context, { request, query, session }) => callback(context, request, query, session))],
  ['POST /callback', returning((context, { request, query, session }) => callback(context, request, query, session))],
  [
    'POST /callback/fragment',
    returning((context, { request, session }) => fragmentCallback(context, request, session)),
  ],
  ['GET /result', result],
  ['POST /refresh', action('refresh')],
  ['POST /userinfo', action('userinfo')],
  ['POST /introspect', action('introspect')],
  ['POST /revoke-access', action('revoke-access')],
  ['POST /revoke-refresh', action('revoke-refresh')],
  ['POST /again', signInAgain],
  ['POST /start-over', startOver],
]);

async function route(context: PlaygroundContext, basePath: string, path: string, visit: Visit): Promise<Reply> {
  const below = path === basePath || path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
  const place = below === '/' ? '' : below;
  const found = ROUTES.get(`${visit.request.method} ${place}`);
  if (found !== undefined) return found(context, visit);
  const otherMethod = ['GET', 'POST'].some((method) => ROUTES.has(`${method} ${place}`));
  if (otherMethod) throw new Refusal(405, 'method_not_allowed', 'This address does not take this kind of request.');
  throw new Refusal(404, 'not_found', 'There is no such page here.');
}

async function formTargets({ provider, issuer }: PlaygroundContext): Promise<readonly string[]> {
  const found = await provider.metadata();
  const endpoint = 'metadata' in found ? found.metadata.authorization_endpoint : undefined;
  return [...new Set([issuer, endpoint ?? issuer].map((url) => new URL(url).origin))];
}

function createContext(options: PlaygroundOptions): PlaygroundContext {
  const { publicUrl, issuer, clientId, clientSecret, internalFetch } = options;
  const clock = options.clock ?? { now: () => Math.floor(Date.now() / 1000) };
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new Error(`The public URL must be http or https, without query and fragment, received "${publicUrl}"`);
  }
  if (clientId === '') throw new Error('The client ID is empty');
  const sitePath = url.pathname.replace(/\/+$/, '');
  return {
    provider: createProvider({ issuer, clientId, clientSecret, clock, ...(internalFetch && { internalFetch }) }),
    clock,
    issuer,
    clientId,
    redirectUri: `${url.origin}${sitePath}/callback`,
    sitePath,
    sessions: createSessionStore(() => clock.now()),
    formTokens: createFormTokens(),
  };
}

function failurePage(context: PlaygroundContext, error: unknown, onError: PlaygroundOptions['onError']): Reply {
  const { sitePath } = context;
  if (error instanceof Refusal) {
    const { status, code, message } = error;
    return { kind: 'page', status, page: errorPage({ sitePath, code, title: 'This did not work', message }) };
  }
  const reference = randomUUID();
  onError?.(error, reference);
  const message = `The playground failed in a way it did not expect. Reference: ${reference}`;
  return {
    kind: 'page',
    status: 500,
    page: errorPage({ sitePath, code: 'internal_error', title: 'This did not work', message }),
  };
}

/** Creates the playground. Throws an `Error` for the operator when an option cannot be used. */
export function createPlayground(options: PlaygroundOptions): Playground {
  const context = createContext(options);
  const basePath = options.basePath.replace(/\/+$/, '');
  const secure = options.publicUrl.startsWith('https:');
  const scope = { path: context.sitePath || '/', secure };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', ...rest] = (request.url ?? '/').split('?');
    const presented = parseCookies(request.headers.cookie).values.get(cookieName(COOKIE, scope));
    let id = isRandomToken(presented) ? presented : randomToken();
    const visit: Visit = {
      request,
      query: new URLSearchParams(rest.join('?')),
      id,
      session: context.sessions.find(id),
      setId(renewed) {
        id = renewed;
      },
    };
    let reply: Reply;
    try {
      reply = await route(context, basePath, path, visit);
    } catch (error) {
      reply = failurePage(context, error, options.onError);
    }
    // A form_post callback comes without the cookie by design: a new one would replace the one that owns the sign-in.
    const keepsCookie = id === presented || (request.method === 'POST' && id === visit.id);
    const cookies = keepsCookie ? [] : [setCookie(COOKIE, id, scope)];
    const targets = reply.kind === 'page' ? await formTargets(context) : [];
    sendReply(response, replyWith(reply, targets, cookies));
  }

  return {
    async handler(request, response) {
      try {
        await serve(request, response);
      } catch (error) {
        options.onError?.(error, randomUUID());
        response.destroy();
      }
    },
  };
}
