import { without } from '../../domain/agreement.ts';
import type { Authorization, RememberedAuthorization, TokenOrder } from '../../domain/authorization.ts';
import type { AuthorizationRequest, ShownConsent } from '../../domain/authorization-request.ts';
import { idTokenClaimPrefix, isTokenClaim } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { NotBefore } from '../../domain/revocation.ts';
import { offlineAccess } from '../../domain/scope.ts';
import type { Provider } from '../context.ts';
import { tokenOrder } from '../issuing/order.ts';
import { revocationsIn } from '../issuing/revocation.ts';
import type { OpenSession } from '../subject-sessions/subject-sessions.ts';
import type { Consent } from './consent.ts';
import { mayHaveOfflineAccess, type Requested } from './consent-question.ts';

/** What a request is granted, by a consent or by what is remembered of one. */
export interface Granted {
  readonly scope: readonly string[];
  /** With the prefix of the token that a claim goes into, if any. */
  readonly claims: readonly string[];
  readonly audience: readonly string[];
  readonly longLived: boolean;
  readonly tokens: TokenOrder;
  readonly impersonatedSubject: string | undefined;
  readonly idToken: {
    readonly issue: boolean;
    /** Seconds; 0: default. */
    readonly lifetime: number;
    readonly impersonatedSubject: string | undefined;
    readonly preset: JsonObject | undefined;
  };
  readonly responseParams: Readonly<Record<string, string>>;
}

/** What a consent grants. All that was asked for is all that the prompt has shown. */
export function grantedByConsent(
  provider: Provider,
  requested: Requested,
  shown: ShownConsent,
  consent: Consent,
): Granted {
  const all = without(requested, without(requested, shown.all));
  const scope = consent.allScope ? [...new Set([...all.scope, ...consent.scope])] : consent.scope;
  const claims = consent.allClaims ? [...new Set([...all.claims, ...consent.claims])] : consent.claims;
  return {
    scope,
    claims: deliveredClaims(claims, requested),
    audience: consent.audience ?? all.audience,
    longLived: consent.longLived,
    tokens: tokenOrder(provider, consent),
    impersonatedSubject: consent.impersonatedSubject,
    idToken: {
      issue: consent.idToken.issue,
      lifetime: consent.idToken.lifetime,
      impersonatedSubject: consent.idToken.impersonatedSubject,
      preset: consent.presetIdToken,
    },
    responseParams: consent.responseParams,
  };
}

/** What is granted without asking: all that is requested, but for what was declined before. */
export function grantedFromMemory(requested: Requested, remembered: RememberedAuthorization): Granted {
  const { scope, claims, audience } = without(requested, remembered.declined);
  return {
    scope,
    claims: [...deliveredClaims(claims, requested), ...remembered.orderedClaims],
    audience: [...new Set([...audience, ...remembered.orderedAudience])],
    longLived: true,
    tokens: remembered.order,
    impersonatedSubject: undefined,
    idToken: { issue: true, lifetime: 0, impersonatedSubject: undefined, preset: undefined },
    responseParams: {},
  };
}

/** The consented claims; those that the client wants in the ID token get the prefix that leads them there. */
function deliveredClaims(consented: readonly string[], { userinfo, idToken }: Requested): readonly string[] {
  return consented.flatMap((name) => {
    if (isTokenClaim(name) || !idToken.has(name)) return [name];
    const inIdToken = `${idTokenClaimPrefix}${name}`;
    return userinfo.has(name) ? [inIdToken, name] : [inIdToken];
  });
}

/** What an authorization is made of, beside what is granted. */
export interface GrantedTo {
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly session: OpenSession;
  readonly requested: Requested;
  /** The latest mark against the subject and client that was seen before. */
  readonly notBefore: NotBefore | undefined;
}

/** The authorization that a grant becomes: a grant of its own, issued now. */
export function authorizationOf(
  provider: Provider,
  { client, request, session, requested, notBefore }: GrantedTo,
  granted: Granted,
): Authorization {
  const { tokens, impersonatedSubject } = granted;
  const now = provider.clock.now();
  const issueRefreshToken = tokens.issueRefreshToken && mayHaveOfflineAccess(client);
  const wantsAuthTime = requested.authTime || request.maxAge !== undefined || client.requireAuthTime;
  return {
    ...tokens,
    grantId: provider.random.text(16),
    issuer: provider.issuer,
    subject: impersonatedSubject ?? session.session.sub,
    actor: impersonatedSubject === undefined ? undefined : session.session.sub,
    clientId: client.id,
    issuedAt: now,
    revocationsSeen: revocationsIn(now, notBefore),
    longLived: granted.longLived,
    scope: issueRefreshToken ? granted.scope : granted.scope.filter((value) => value !== offlineAccess),
    claims: granted.claims,
    claimsLocales: request.claimsLocales,
    audience: granted.audience,
    issueRefreshToken,
    sessionKey: session.key,
    authTime: wantsAuthTime ? session.session.auth_time : undefined,
    confirmation: undefined,
  };
}
