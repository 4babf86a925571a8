import { Refusal } from '../../../kit/src/exchange.ts';
import { forgetAccount } from '../accounts.ts';
import {
  isLandingForm,
  isSameSubject,
  type LoginContext,
  landingFormToken,
  openPromptForm,
  type Visit,
} from '../login-context.ts';
import { landingPage } from '../pages/landing-page.ts';
import { type FlowReply, sessionAccount, signInReply } from './prompt-pages.ts';
import { asAuthPrompt } from './sign-in.ts';

/** `GET /` without an authorization request: who is signed in. `signedOut`: the person has just asked for it. */
export async function landing(context: LoginContext, visit: Visit, signedOut = false): Promise<FlowReply> {
  const sid = visit.session();
  const session = sid === undefined ? undefined : await context.sessions.get(sid);
  if (sid !== undefined && session === undefined) visit.clearSession();
  const { brand, basePath } = context;
  const account = session && sessionAccount(visit, session);
  const page = landingPage({
    brand,
    basePath,
    ...(account ? { session: { ...account, formToken: landingFormToken(context, visit) } } : {}),
    signedOut,
  });
  return { page };
}

async function endSession(context: LoginContext, visit: Visit): Promise<void> {
  const sid = visit.session();
  if (sid === undefined) return;
  const session = await context.sessions.get(sid);
  await context.sessions.remove(sid);
  visit.clearSession();
  // Who signs out leaves no name behind on a shared machine.
  if (session) visit.setKnown(forgetAccount(visit.known(), session.sub));
}

/** `POST /sign-out`: ends the subject session; at a consent prompt the sign-in page of the same request follows. */
export async function signOut(context: LoginContext, visit: Visit, fields: URLSearchParams): Promise<FlowReply> {
  if (isLandingForm(context, visit, fields)) {
    await endSession(context, visit);
    return landing(context, visit, true);
  }
  const form = openPromptForm(context, visit, fields);
  if (!(await isSameSubject(context, visit, form))) {
    throw new Refusal(403, 'session_changed', 'Another account was signed in or out since this page was opened.');
  }
  await endSession(context, visit);
  return signInReply(context, visit, await asAuthPrompt(context, form.message), { notice: 'You are signed out.' });
}
