import type { Reply } from '../../../kit/src/exchange.ts';
import type { KnownAccount } from '../accounts.ts';
import type { AuthzSession } from '../authz-session-api.ts';
import { requestErrorPage } from '../failure-pages.ts';
import { type LoginContext, promptFormToken, type Visit } from '../login-context.ts';
import type { AuthMessage, ConsentMessage, Message, ResponseMessage, SubjectSession } from '../messages.ts';
import { consentPage } from '../pages/consent-page.ts';
import { formPostPage } from '../pages/form-post-page.ts';
import { signInPage } from '../pages/sign-in-page.ts';
import { ApiFailure } from '../web-api.ts';

/** A reply without its cookies, which the visit collects. */
export type FlowReply = Omit<Reply, 'cookies'>;

/** How to show the sign-in form. */
export interface SignInMode {
  /** The account was chosen already: no chooser. */
  readonly chosen?: boolean;
  readonly username?: string;
  readonly notice?: string;
  readonly problem?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a session's person is called: by what this page stored, by what the browser remembers, else by the subject. */
export function sessionAccount(visit: Visit, session: SubjectSession): KnownAccount {
  const known = visit.known().accounts.find((account) => account.sub === session.sub);
  const login = session.login ?? known?.login ?? session.sub;
  return { sub: session.sub, name: session.name ?? known?.name ?? login, login };
}

function accountsToShow(visit: Visit, message: AuthMessage, mode: SignInMode) {
  if (mode.chosen === true || message.createAccount || (message.session && !message.selectAccount)) return [];
  if (message.loginHint !== undefined && !message.selectAccount) return [];
  const current = message.session && { ...sessionAccount(visit, message.session), signedIn: true };
  const known = visit.known().accounts.map((account) => ({ ...account, signedIn: false }));
  const others = known.filter((account) => account.sub !== current?.sub);
  const all = current ? [current, ...others] : others;
  return message.requiredSub === undefined ? all : all.filter((account) => account.sub === message.requiredSub);
}

/** The sign-in page for a prompt. */
export function signInReply(context: LoginContext, visit: Visit, message: AuthMessage, mode: SignInMode): FlowReply {
  const { session } = message;
  const wanted = message.requiredSub === undefined || message.requiredSub === session?.sub;
  const toConfirm =
    wanted && !message.createAccount && !message.selectAccount && mode.chosen !== true ? session : undefined;
  const confirming = toConfirm && sessionAccount(visit, toConfirm);
  const username = mode.username ?? message.loginHint ?? confirming?.login;
  const notice =
    mode.notice ??
    (message.requiredSub !== undefined && !confirming
      ? 'The application asks for the account that you used with it before.'
      : undefined);
  const page = signInPage({
    brand: context.brand,
    basePath: context.basePath,
    formToken: promptFormToken(context, visit, message),
    message,
    accounts: accountsToShow(visit, message, mode),
    ...(username === undefined ? {} : { username }),
    ...(confirming ? { confirming: confirming.name } : {}),
    ...(notice === undefined ? {} : { notice }),
    ...(mode.problem === undefined ? {} : { problem: mode.problem }),
    ...(mode.status === undefined ? {} : { status: mode.status }),
    ...(mode.headers === undefined ? {} : { headers: mode.headers }),
  });
  return { page };
}

/** The consent page for a prompt; `session` is the authorization session as it stands. */
export async function consentReply(
  context: LoginContext,
  visit: Visit,
  message: ConsentMessage,
  session: AuthzSession,
): Promise<FlowReply> {
  if (message.session.sid !== undefined) visit.setSession(message.session.sid);
  const user = (await context.users.current()).get(message.session.sub);
  const page = consentPage({
    brand: context.brand,
    basePath: context.basePath,
    formToken: promptFormToken(context, visit, message),
    message,
    name: sessionAccount(visit, message.session).name,
    claims: user?.claims ?? {},
    scopeLabels: context.scopeLabels,
    redirectUri: session.redirectUri,
  });
  return { page };
}

const NEVER_TARGETS = new Set(['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:']);

function target(uri: string, forForm: boolean): string {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const web = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === undefined || NEVER_TARGETS.has(url.protocol) || (forForm && !web)) {
    const scheme = url?.protocol ?? 'none';
    const use = forForm ? 'a form post' : 'a redirect';
    throw new ApiFailure(
      'unusable-target',
      `The response message has an unusable target for ${use} (scheme ${scheme})`,
    );
  }
  // As given, since clients compare it byte by byte, unless a header cannot carry it.
  return /^[\u0021-\u007e]+$/.test(uri) ? uri : url.href;
}

function responseReply(context: LoginContext, visit: Visit, message: ResponseMessage): FlowReply {
  if (message.subSid !== undefined) visit.setSession(message.subSid);
  const uri = target(message.uri, message.form !== undefined);
  if (message.form === undefined) return { location: uri };
  return { page: formPostPage({ brand: context.brand, target: uri, fields: message.form }) };
}

/** Does what a message of the authorization session API asks for. */
export async function messageReply(context: LoginContext, visit: Visit, message: Message): Promise<FlowReply> {
  switch (message.type) {
    case 'auth': {
      const { acr } = message;
      // Asking for a password would be in vain: it cannot reach the level that the client insists on.
      if (
        acr?.essential === true &&
        acr.values.length > 0 &&
        !acr.values.some((value) => context.acrs.includes(value))
      ) {
        return messageReply(context, visit, await context.api.cancel(message.sid, 'unmet_authentication_requirements'));
      }
      return signInReply(context, visit, message, {});
    }
    case 'consent':
      return consentReply(context, visit, message, await context.api.inspect(message.sid));
    case 'response':
      return responseReply(context, visit, message);
    case 'error':
      return requestErrorPage(context, visit, message);
  }
}
