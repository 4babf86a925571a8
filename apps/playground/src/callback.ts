import type { IncomingMessage } from 'node:http';
import { Refusal } from '../../kit/src/exchange.ts';
import { finishSignIn } from './flows/sign-in.ts';
import { type Reply, readForm } from './http-exchange.ts';
import { errorPage } from './pages/error-page.ts';
import { FRAGMENT_SCRIPT, fragmentPage } from './pages/fragment-page.ts';
import type { PlaygroundContext } from './playground-context.ts';
import type { PlaygroundSession, ReceivedResponse } from './session-store.ts';

/** An answer, and whether the browser is to get a new session cookie. */
export interface CallbackReply {
  readonly reply: Reply;
  readonly newSessionId?: string;
}

function received(mode: ReceivedResponse['mode'], parameters: URLSearchParams): ReceivedResponse {
  return { mode, fields: [...parameters] };
}

function refused(context: PlaygroundContext, response?: ReceivedResponse): CallbackReply {
  const page = errorPage({
    sitePath: context.sitePath,
    code: 'state_mismatch',
    title: 'This answer is not for you',
    message:
      'No sign-in with this state is on its way in this browser. It was answered already, took too long, or someone else ' +
      'began it: then going on would sign you in as them. Nothing was sent to the server.',
    ...(response !== undefined && { received: response.fields }),
  });
  return { reply: { kind: 'page', status: 400, page } };
}

async function finish(
  context: PlaygroundContext,
  session: PlaygroundSession | undefined,
  response: ReceivedResponse,
): Promise<CallbackReply> {
  if (session === undefined || !(await finishSignIn(context, session, response))) return refused(context, response);
  // A new identifier when someone has signed in: one that was planted in this browser before leads nowhere.
  const newSessionId = context.sessions.renew(session);
  return { reply: { kind: 'redirect', location: `${context.sitePath}/result` }, newSessionId };
}

/**
 * Response mode form_post (OAuth 2.0 Form Post Response Mode): a POST from a page of the server. When that is another site, the
 * browser leaves out our SameSite=Lax cookie, so the cookie can say nothing here, present or not. The response is therefore
 * laid aside under the request with its `state`, and the browser is sent on with a GET, which brings the cookie.
 * Only then, and only when the session of that cookie began this very request, is the code redeemed: a response that
 * an attacker lets a victim's browser post belongs to the attacker's session, and the victim's browser is refused.
 */
async function formPost(context: PlaygroundContext, request: IncomingMessage): Promise<CallbackReply> {
  const response = received('form_post', await readForm(request));
  const state = response.fields.find(([name]) => name === 'state')?.[1] ?? '';
  const handle = context.sessions.park(state, response);
  if (handle === undefined) return refused(context, response);
  return { reply: { kind: 'redirect', location: `${context.sitePath}/callback?parked=${handle}` } };
}

/** The redirect URI. `query`: of the request; `session`: of the browser's cookie. */
export async function callback(
  context: PlaygroundContext,
  request: IncomingMessage,
  query: URLSearchParams,
  session: PlaygroundSession | undefined,
): Promise<CallbackReply> {
  if (request.method === 'POST') return formPost(context, request);
  const handle = query.get('parked');
  if (handle !== null) {
    const response = session === undefined ? undefined : context.sessions.takeParked(session, handle);
    return response === undefined ? refused(context) : finish(context, session, response);
  }
  if (query.size > 0) return finish(context, session, received('query', query));
  const page = fragmentPage(context.sitePath);
  return { reply: { kind: 'page', status: 200, page, script: FRAGMENT_SCRIPT } };
}

/** Response mode fragment: the script of our own page posts what stood behind the `#`. Bound by `state`, as all modes are. */
export async function fragmentCallback(
  context: PlaygroundContext,
  request: IncomingMessage,
  session: PlaygroundSession | undefined,
): Promise<CallbackReply> {
  const fragment = (await readForm(request)).get('response');
  if (fragment === null) throw new Refusal(400, 'invalid_form', 'The form has no response in it.');
  return finish(context, session, received('fragment', new URLSearchParams(fragment)));
}
