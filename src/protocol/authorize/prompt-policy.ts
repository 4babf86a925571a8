import type { LongLivedAuthorization } from '../../domain/authorization.ts';
import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import { authenticationExpired, type SubjectSession } from '../../domain/subject-session.ts';
import type { Provider } from '../context.ts';
import { isReservedScope } from '../reserved-scope.ts';
import { readClaimsRequest } from './claims-request.ts';

/**
 * Why the subject has to authenticate, in the order of the checks; `undefined` when the session will do. The reason is for
 * the log.
 */
export function authenticationReason(
  provider: Provider,
  request: AuthorizationRequest,
  session: SubjectSession | undefined,
  requiredSub: string | undefined,
): string | undefined {
  const now = provider.clock.now();
  if (!session) return 'no session';
  if (session.ctx !== 'web') return 'a session of another context';
  if (authenticationExpired(session, now)) return 'auth_life has elapsed';
  // Zero has always elapsed: it is another way to say prompt=login (OpenID Connect Core, section 3.1.2.1).
  if (request.max_age !== undefined && now - session.auth_time >= request.max_age) return 'max_age has elapsed';
  if (request.acr_values.length > 0 && !(session.acr && request.acr_values.includes(session.acr))) {
    return 'the requested acr is not satisfied';
  }
  if (requiredSub !== undefined && requiredSub !== session.sub) return 'another subject is required';
  const forcing = request.prompt.find((value) => provider.registry.prompts.get(value)?.forces === 'auth');
  if (forcing) return `prompt=${forcing}`;
  if (provider.settings.authorize.alwaysPromptForAuth) return 'op.authz.alwaysPromptForAuth';
  return undefined;
}

/** What a request asks the subject for, sorted by what was consented before. */
export interface ConsentQuestion {
  readonly scope: { readonly new: readonly string[]; readonly consented: readonly string[] };
  readonly claims: { readonly new: SortedClaims; readonly consented: SortedClaims };
  /** Consented before, and not requested now. */
  readonly other: { readonly scope: readonly string[]; readonly claims: readonly string[] };
}

/** Claim names by how much the client wants them. */
export interface SortedClaims {
  readonly essential: readonly string[];
  readonly voluntary: readonly string[];
}

/** Sorts the requested scope and claims into new and consented ones. */
export function consentQuestion(
  provider: Provider,
  client: Client,
  request: AuthorizationRequest,
  stored: LongLivedAuthorization | undefined,
): ConsentQuestion {
  const scope = requestedScope(provider, client, request);
  const { names, essential } = requestedClaims(provider, scope, request);
  const savedScope = new Set(stored?.scs);
  const savedClaims = new Set(stored?.cls);
  const sorted = (list: readonly string[]): SortedClaims => ({
    essential: list.filter((name) => essential.has(name)),
    voluntary: list.filter((name) => !essential.has(name)),
  });
  return {
    scope: {
      new: scope.filter((value) => !savedScope.has(value)),
      consented: scope.filter((value) => savedScope.has(value)),
    },
    claims: {
      new: sorted(names.filter((name) => !savedClaims.has(name))),
      consented: sorted(names.filter((name) => savedClaims.has(name))),
    },
    other: {
      scope: [...savedScope].filter((value) => !scope.includes(value)),
      claims: [...savedClaims].filter((name) => !names.includes(name)),
    },
  };
}

/** The requested scope, within the registered one where the client has registered any. */
export function requestedScope(provider: Provider, client: Client, request: AuthorizationRequest): readonly string[] {
  const registered = client.scope;
  // Power over the server is never a user's to give, unless the client was registered for it.
  const scope = request.scope.filter((value) => !isReservedScope(value, provider.issuer) || registered?.has(value));
  if (!provider.settings.authorize.limitToRegisteredScope || registered === undefined) return scope;
  return scope.filter((value) => registered.has(value));
}

/** Claim names asked for, through the scope or the `claims` parameter. */
export function requestedClaims(provider: Provider, scope: readonly string[], request: AuthorizationRequest) {
  const byScope = provider.claims.claimsOfScope(scope);
  const parameter = request.claims && readClaimsRequest(request.claims);
  const userinfo = [...new Set([...byScope, ...(parameter?.userinfo ?? [])])];
  const idToken = parameter?.idToken ?? [];
  return {
    names: [...new Set([...userinfo, ...idToken])],
    userinfo,
    idToken,
    essential: parameter?.essential ?? new Set<string>(),
    authTime: parameter?.authTime ?? false,
  };
}

/** Why the subject has to be asked for consent; `undefined` when all was consented before. The reason is for the log. */
export function consentReason(
  provider: Provider,
  request: AuthorizationRequest,
  question: ConsentQuestion,
  stored: LongLivedAuthorization | undefined,
): string | undefined {
  const forcing = request.prompt.find((value) => provider.registry.prompts.get(value)?.forces === 'consent');
  if (forcing) return `prompt=${forcing}`;
  if (provider.settings.authorize.alwaysPromptForConsent) return 'op.authz.alwaysPromptForConsent';
  if (!stored) return 'no remembered authorisation';
  if (question.scope.new.length > 0) return 'new scope values';
  const { essential, voluntary } = question.claims.new;
  return essential.length + voluntary.length > 0 ? 'new claims' : undefined;
}
