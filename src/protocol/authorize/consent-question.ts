import { type Agreement, joined, noAgreement, within, without } from '../../domain/agreement.ts';
import type { RememberedAuthorization } from '../../domain/authorization.ts';
import type { AuthorizationRequest, ShownConsent } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import { offlineAccess } from '../../domain/scope.ts';
import type { Provider } from '../context.ts';
import { isReservedScope } from '../reserved-scope.ts';
import { forcingPrompt } from './authentication-policy.ts';
import { readClaimsRequest } from './claims-request.ts';
import { admittedClaims } from './known-names.ts';
import { authorizeProperties } from './properties.ts';

/** What a request asks for, its scope values expanded to claims. */
export interface Requested extends Agreement {
  /** Claims by where the client wants them. */
  readonly userinfo: ReadonlySet<string>;
  readonly idToken: ReadonlySet<string>;
  readonly essential: ReadonlySet<string>;
  /** `auth_time` is asked for. */
  readonly authTime: boolean;
}

/** What a request asks the subject for. */
export function requestedBy(provider: Provider, client: Client, request: AuthorizationRequest): Requested {
  const scope = requestedScope(provider, client, request);
  const parameter = request.claims && readClaimsRequest(request.claims);
  const named = parameter && admittedClaims(provider, parameter);
  const userinfo = new Set([...provider.claims.claimsOfScope(scope), ...(named?.userinfo ?? [])]);
  const idToken = new Set(named?.idToken);
  return {
    scope,
    claims: [...new Set([...userinfo, ...idToken])],
    audience: request.resource,
    userinfo,
    idToken,
    essential: named?.essential ?? new Set(),
    authTime: parameter?.authTime ?? false,
  };
}

/** The requested scope, within the registered one where the client has registered any. */
function requestedScope(provider: Provider, client: Client, request: AuthorizationRequest): readonly string[] {
  const registered = client.scope;
  // Power over the server is never a user's to give, unless the client was registered for it.
  const scope = request.scope.filter(
    (value) =>
      (!isReservedScope(value, provider.issuer) || registered?.has(value)) &&
      (value !== offlineAccess || mayHaveOfflineAccess(client)),
  );
  if (!provider.settingsOf(authorizeProperties).limitToRegisteredScope || registered === undefined) return scope;
  return scope.filter((value) => registered.has(value));
}

/** `offline_access` is a refresh token, and ignored where there is none (OpenID Connect Core, section 11). */
export function mayHaveOfflineAccess({ grantTypes }: Client): boolean {
  return grantTypes.has('refresh_token');
}

/** What a request asks the subject for, sorted by what it has answered before. */
export interface ConsentQuestion {
  /** Neither agreed to nor declined; where the prompt is forced, the declined things too. */
  readonly asked: Agreement;
  /** Agreed to before. */
  readonly agreed: Agreement;
  readonly essential: ReadonlySet<string>;
  /** Agreed to before, and not requested now. */
  readonly other: Agreement;
  /** Why the subject has to be asked; `undefined` when all was answered before. For the log. */
  readonly reason: string | undefined;
}

/** Sorts what is requested by what is remembered. */
export function consentQuestion(
  provider: Provider,
  request: AuthorizationRequest,
  requested: Requested,
  remembered: RememberedAuthorization | undefined,
): ConsentQuestion {
  const { agreed, declined } = remembered ?? { agreed: noAgreement, declined: noAgreement };
  const forced = forcedBy(provider, request);
  const known = forced ? agreed : joined(agreed, declined);
  const asked = without(requested, known);
  return {
    asked,
    agreed: within(requested, agreed),
    essential: requested.essential,
    other: without(agreed, requested),
    reason: forced ?? reasonToAsk(asked, remembered),
  };
}

function forcedBy(provider: Provider, request: AuthorizationRequest): string | undefined {
  const prompt = forcingPrompt(provider, request, 'consent');
  if (prompt) return `prompt=${prompt}`;
  return provider.settingsOf(authorizeProperties).alwaysPromptForConsent
    ? 'op.authz.alwaysPromptForConsent'
    : undefined;
}

function reasonToAsk(asked: Agreement, remembered: RememberedAuthorization | undefined): string | undefined {
  if (!remembered) return 'no remembered authorization';
  if (asked.scope.length > 0) return 'new scope values';
  if (asked.claims.length > 0) return 'new claims';
  return asked.audience.length > 0 ? 'new resources' : undefined;
}

/** What the prompt for a question shows. */
export function shownBy({ asked, agreed }: ConsentQuestion): ShownConsent {
  return { all: joined(asked, agreed), agreed };
}
