import { Refusal } from '../../../kit/src/exchange.ts';
import { consentFromTicks } from '../consent-choices.ts';
import { single } from '../exchange.ts';
import { isSameSubject, type LoginContext, openPromptForm, type Visit } from '../login-context.ts';
import type { Message } from '../messages.ts';
import { consentReply, type FlowReply, messageReply } from './prompt-pages.ts';

/** `POST /consent`: hands over what was ticked. */
export async function consent(context: LoginContext, visit: Visit, fields: URLSearchParams): Promise<FlowReply> {
  const form = openPromptForm(context, visit, fields);
  const { message } = form;
  if (message.type !== 'consent') throw new Refusal(400, 'invalid_request', 'This is not the form of a consent page.');
  if (!(await isSameSubject(context, visit, form))) {
    // Someone else signed in meanwhile: what one person ticked must not be granted for another.
    throw new Refusal(403, 'session_changed', 'Another account was signed in or out since this page was opened.');
  }
  const ticked = {
    scope: new Set(fields.getAll('scope')),
    claims: new Set(fields.getAll('claim')),
    resources: new Set(fields.getAll('resource')),
  };
  const granted = consentFromTicks(message, ticked);
  const declinedOffline = message.newScope.includes('offline_access') && !ticked.scope.has('offline_access');
  const next = await context.api.consent(message.sid, {
    ...granted,
    longLived: single(fields, 'remember') === 'yes',
    issueRefreshToken: !declinedOffline,
    refreshIdTokens: context.refreshIdTokens,
  });
  return messageReply(context, visit, next);
}

/**
 * The first answer to an authorization request. A server with `op.authz.alwaysPromptForConsent` asks the page for consent even
 * where the client wants no page to be seen (`prompt=none`): what was agreed to before is agreed to again, and anything new
 * is refused without showing a page.
 */
export async function answerRequest(context: LoginContext, visit: Visit, message: Message): Promise<FlowReply> {
  if (message.type !== 'consent') return messageReply(context, visit, message);
  const { sid, claims, newScope, consentedScope, resources } = message;
  const session = await context.api.inspect(sid);
  if (!session.prompt.includes('none')) return consentReply(context, visit, message, session);
  const anythingNew =
    newScope.length + claims.newEssential.length + claims.newVoluntary.length + (resources?.new.length ?? 0) > 0;
  const agreed = {
    scope: consentedScope,
    claims: claims.consented,
    audience: resources?.consented,
    longLived: true,
    issueRefreshToken: true,
    refreshIdTokens: context.refreshIdTokens,
  };
  const next = anythingNew ? await context.api.cancel(sid, 'consent_required') : await context.api.consent(sid, agreed);
  return messageReply(context, visit, next);
}

/** `POST /cancel`: the person does not want to sign in, or denies; the client gets `access_denied`. */
export async function cancel(context: LoginContext, visit: Visit, fields: URLSearchParams): Promise<FlowReply> {
  const { message } = openPromptForm(context, visit, fields);
  return messageReply(context, visit, await context.api.cancel(message.sid, 'access_denied'));
}
