import { Refusal } from '../../../kit/src/exchange.ts';
import { type KnownAccount, rememberAccount } from '../accounts.ts';
import { type Attempted, inWords } from '../attempt-limiter.ts';
import type { Authentication, AuthzSession } from '../authz-session-api.ts';
import { single } from '../exchange.ts';
import { optionalString } from '../json.ts';
import { type LoginContext, openPromptForm, type Visit } from '../login-context.ts';
import type { AuthMessage, ConsentMessage, Message, SubjectSession } from '../messages.ts';
import { costsAlike, verifyPassword } from '../password-hash.ts';
import { normalizeLogin, type User, type UserDirectory } from '../users-file.ts';
import { ApiFailure } from '../web-api.ts';
import { type FlowReply, messageReply, sessionAccount, signInReply } from './prompt-pages.ts';

const LONGEST = 1024;

const TOO_MANY_SESSIONS =
  'You are signed in with this account in too many places. Sign out in one of them, then sign in here again.';

/**
 * The prompt of a sign-in form. At the consent prompt the person may sign in again, too; as that prompt says nothing of the
 * requested ACR, the authorization session is asked for it. Throws `ApiFailure`.
 */
export async function asAuthPrompt(context: LoginContext, message: AuthMessage | ConsentMessage): Promise<AuthMessage> {
  if (message.type === 'auth') return message;
  const { sid, display, client } = message;
  const { acrValues } = await context.api.inspect(sid);
  // Whether a value is essential is left to the server, which judges the authentication that comes of this prompt.
  const acr = acrValues.length > 0 ? { acr: { essential: false, values: acrValues } } : {};
  return { type: 'auth', sid, display, client, selectAccount: false, createAccount: false, ...acr };
}

/** The name to greet the person with. */
function displayName(user: User): string {
  return optionalString(user.claims['name']) ?? optionalString(user.claims['given_name']) ?? user.username;
}

function sessionData(user: User): Authentication['data'] {
  const email = optionalString(user.claims['email']);
  return { name: displayName(user), login: user.username, ...(email === undefined ? {} : { email }) };
}

function satisfiedAcr(context: LoginContext, message: AuthMessage): string | undefined {
  return message.acr?.values.find((value) => context.acrs.includes(value)) ?? context.acrs[0];
}

/**
 * What an attempt is counted as: the name that was typed, so that nothing tells which names are of one account, or of any. A
 * browser that has signed in as this account has a count of its own, so that strangers cannot keep its owner waiting.
 */
function attempted(visit: Visit, login: string, user: User | undefined): Attempted {
  const { device, accounts } = visit.known();
  const known =
    user !== undefined && accounts.some(({ sub }) => sub === user.sub) ? `${device} ${user.sub}` : undefined;
  return { name: normalizeLogin(login), address: visit.address, known };
}

async function matches(users: UserDirectory, user: User | undefined, password: string): Promise<boolean> {
  // The same work whoever was named, so that neither text nor time tells whether an account exists, or which.
  let right = false;
  for (const decoy of users.decoys) {
    const own = user !== undefined && costsAlike(user.password, decoy) ? user.password : decoy;
    right = (await verifyPassword(password, own)) || right;
  }
  return right && user !== undefined;
}

/** Hands the subject to the authorization session; `undefined` when the server lets it have no further session. */
async function handOver(
  context: LoginContext,
  visit: Visit,
  sid: string,
  authentication: Omit<Authentication, 'subSid'>,
): Promise<Message | undefined> {
  try {
    return await context.api.authenticate(sid, { ...authentication, subSid: visit.session() });
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.kind !== 'denied') throw error;
    const { sub } = authentication;
    const text = 'sign-in denied: the account has too many sessions (sessionStore.quotaPerSubject)';
    context.log.warn('LG2003', text, { address: visit.address, sub, problem: error.message });
    return undefined;
  }
}

/** `POST /sign-in`: checks the password, and hands the subject to the authorization session. */
export async function signIn(context: LoginContext, visit: Visit, fields: URLSearchParams): Promise<FlowReply> {
  const message = await asAuthPrompt(context, openPromptForm(context, visit, fields).message);
  const username = single(fields, 'username') ?? '';
  const password = single(fields, 'password') ?? '';
  const again = (problem: string, status: number, headers: Readonly<Record<string, string>> = {}) =>
    signInReply(context, visit, message, {
      chosen: true,
      username: username.slice(0, LONGEST),
      problem,
      status,
      headers,
    });
  if (username.trim() === '' || password === '') return again('Enter your username and your password.', 400);

  const users = await context.users.current();
  const user = users.find(username);
  const attempt = context.limiter.attempt(attempted(visit, username, user));
  if (!attempt.allowed) {
    context.log.warn('LG2002', 'sign-in attempts slowed down', {
      address: visit.address,
      retry_after: attempt.retryAfter,
    });
    const problem = `Too many failed attempts. Try again in ${inWords(attempt.retryAfter)}.`;
    return again(problem, 429, { 'retry-after': String(attempt.retryAfter) });
  }
  const tooLong = username.length > LONGEST || password.length > LONGEST;
  const right = await matches(users, user, tooLong ? '' : password);
  if (!right || tooLong || user === undefined) {
    context.log.warn('LG2001', 'sign-in failed', { address: visit.address, sub: user?.sub });
    return again('The username or the password is wrong.', 403);
  }
  attempt.succeeded();
  const acr = satisfiedAcr(context, message);
  const data = sessionData(user);
  const authentication = { sub: user.sub, amr: ['pwd'], data, ...(acr === undefined ? {} : { acr }) };
  const next = await handOver(context, visit, message.sid, authentication);
  if (next === undefined) return again(TOO_MANY_SESSIONS, 403);
  const account: KnownAccount = { sub: user.sub, name: data.name, login: data.login };
  visit.setKnown(rememberAccount(visit.known(), account));
  context.log.info('LG2004', 'signed in', { sub: user.sub, client_id: message.client?.clientId, acr });
  return messageReply(context, visit, next);
}

/**
 * True when choosing the account with a session is enough and no password is due. The authorization session is asked again,
 * since the request may demand a fresh login as well, and the session may have ended since the page was made.
 */
function mayContinue(message: AuthMessage, session: SubjectSession, now: AuthzSession, seconds: number): boolean {
  const { authTime, authLife } = session;
  if (!message.selectAccount || now.session?.sub !== session.sub || authTime === undefined) return false;
  if (now.prompt.some((prompt) => prompt !== 'select_account' && prompt !== 'consent')) return false;
  if (message.requiredSub !== undefined && message.requiredSub !== session.sub) return false;
  if (message.acr && !(session.acr !== undefined && message.acr.values.includes(session.acr))) return false;
  if (now.maxAge !== undefined && seconds - authTime >= now.maxAge) return false;
  return authLife === undefined || authLife <= 0 || seconds - authTime < authLife * 60;
}

async function continueSession(
  context: LoginContext,
  visit: Visit,
  message: AuthMessage,
  session: SubjectSession,
): Promise<FlowReply | undefined> {
  if (!context.continueWithoutPassword) return undefined;
  const seconds = Math.floor(context.now() / 1000);
  const current = await context.api.inspect(message.sid);
  if (!mayContinue(message, session, current, seconds) || session.authTime === undefined) return undefined;
  const user = (await context.users.current()).get(session.sub);
  const { name, login } = sessionAccount(visit, session);
  const next = await handOver(context, visit, message.sid, {
    sub: session.sub,
    amr: session.amr,
    authTime: session.authTime,
    data: user ? sessionData(user) : { name, login },
    ...(session.acr === undefined ? {} : { acr: session.acr }),
  });
  if (next === undefined) {
    return signInReply(context, visit, message, {
      chosen: true,
      username: login,
      problem: TOO_MANY_SESSIONS,
      status: 403,
    });
  }
  context.log.info('LG2008', 'went on with a session', { sub: session.sub, client_id: message.client?.clientId });
  return messageReply(context, visit, next);
}

/** `POST /account`: an account was chosen; an empty choice stands for another one. */
export async function chooseAccount(context: LoginContext, visit: Visit, fields: URLSearchParams): Promise<FlowReply> {
  const { message, sameSession } = openPromptForm(context, visit, fields);
  const choice = single(fields, 'account');
  if (choice === undefined) throw new Refusal(400, 'invalid_request', 'No account was chosen.');
  const prompt = await asAuthPrompt(context, message);
  if (choice === '') return signInReply(context, visit, prompt, { chosen: true, username: '' });

  const session = prompt.session?.sub === choice ? prompt.session : undefined;
  if (session && sameSession) {
    const reply = await continueSession(context, visit, prompt, session);
    if (reply) return reply;
  }
  const account =
    visit.known().accounts.find((known) => known.sub === choice) ?? (session && sessionAccount(visit, session));
  if (account === undefined) throw new Refusal(400, 'invalid_request', 'This account is not known in this browser.');
  const notice = `Enter your password to continue as ${account.name}.`;
  return signInReply(context, visit, prompt, { chosen: true, username: account.login, notice });
}
