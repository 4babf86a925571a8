import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import { authenticationExpired, type SubjectSession } from '../../domain/subject-session.ts';
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
  if (request.maxAge !== undefined && now - session.auth_time >= request.maxAge) return 'max_age has elapsed';
  if (request.acrValues.length > 0 && !(session.acr && request.acrValues.includes(session.acr))) {
    return 'the requested acr is not satisfied';
  }
  if (requiredSubject !== undefined && requiredSubject !== session.sub) return 'another subject is required';
  const forcing = forcingPrompt(provider, request, 'auth');
  if (forcing) return `prompt=${forcing}`;
  if (provider.settingsOf(authorizeProperties).alwaysPromptForAuth) return 'op.authz.alwaysPromptForAuth';
  return undefined;
}

/** The value of `prompt` that forces a step, if any. */
export function forcingPrompt(
  { registry }: Provider,
  request: AuthorizationRequest,
  step: 'auth' | 'consent',
): string | undefined {
  return request.prompt.find((value) => registry.of(prompts).get(value)?.forces === step);
}
