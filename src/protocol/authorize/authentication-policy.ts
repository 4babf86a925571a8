import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import { authenticationAge, authenticationExpired, type SubjectSession } from '../../domain/subject-session.ts';
import type { Provider } from '../context.ts';
import { prompts } from './prompt-value.ts';
import { authorizeProperties } from './properties.ts';

/**
 * Why the subject has to authenticate, in the order of the checks; `undefined` when the session will do. The reason is for
 * the log.
 */
export function authenticationReason(
  provider: Provider,
  request: AuthorizationRequest,
  session: SubjectSession | undefined,
  requiredSubject: string | undefined,
): string | undefined {
  const now = provider.clock.now();
  if (!session) return 'no session';
  if (session.ctx !== 'web') return 'a session of another context';
  if (authenticationExpired(session, now)) return 'auth_life has elapsed';
  // Zero has always elapsed: it is another way to say prompt=login (OpenID Connect Core, section 3.1.2.1).
  if (request.maxAge !== undefined && authenticationAge(session, now) >= request.maxAge) {
    return 'max_age has elapsed';
  }
  if (asksForAcr(request, session)) return 'the requested acr is not satisfied';
  if (requiredSubject !== undefined && requiredSubject !== session.sub) return 'another subject is required';
  const forcing = forcingPrompt(provider, request, 'auth');
  if (forcing) return `prompt=${forcing}`;
  if (provider.settingsOf(authorizeProperties).alwaysPromptForAuth) return 'op.authz.alwaysPromptForAuth';
  return undefined;
}

/** Whether one of the requested authentication context classes was reached, or none is requested. */
export function hasAcr({ acrValues }: AuthorizationRequest, acr: string | undefined): boolean {
  return acrValues.length === 0 || (acr !== undefined && acrValues.includes(acr));
}

/**
 * Voluntary ones are a wish (OpenID Connect Core, section 5.5.1.1; of `acr_values`, section 3.1.2.1): the subject is asked once
 * in a session for each, and not at all where nobody can be asked.
 */
function asksForAcr(request: AuthorizationRequest, { acr, asked_acr: before }: SubjectSession): boolean {
  if (hasAcr(request, acr)) return false;
  if (request.acrEssential) return true;
  return !request.prompt.includes('none') && !request.acrValues.every((value) => before?.includes(value));
}

/** Authentication context classes that a session remembers to have been asked for; of more, the oldest are asked again. */
export const maxAsked = 50;

/** The session with the voluntary authentication context classes that its authentication did not reach. */
export function asked(request: AuthorizationRequest, session: SubjectSession): SubjectSession {
  if (request.acrEssential || hasAcr(request, session.acr)) return session;
  const all = [...new Set([...(session.asked_acr ?? []), ...request.acrValues])];
  return { ...session, asked_acr: all.slice(-maxAsked) };
}

/** The value of `prompt` that forces a step, if any. */
export function forcingPrompt(
  { registry }: Provider,
  request: AuthorizationRequest,
  step: 'auth' | 'consent',
): string | undefined {
  return request.prompt.find((value) => registry.of(prompts).get(value)?.forces === step);
}
