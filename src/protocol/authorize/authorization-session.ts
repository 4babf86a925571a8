import type { AuthorizationRequest, AuthorizationSession } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { recordKind } from '../../ports/stores/records.ts';
import type { RequestContext } from '../context.ts';
import { isCurrent, type OpenSession, sessionAt } from '../subject-sessions/subject-sessions.ts';

/** Authorisation sessions: requests between their arrival and the response. */
export const authorizationSessions = recordKind<AuthorizationSession>('authz-session');

/** A stored authorisation session, to be moved on by exactly one of concurrent calls. */
export interface StoredSession {
  readonly sid: string;
  readonly key: string;
  readonly version: number;
  readonly session: AuthorizationSession;
}

/** Where an authorization request stands: what the next step is decided from. */
export interface Standing {
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly requiredSubject: string | undefined;
  readonly subSession: OpenSession | undefined;
  /** Writes the subject session, which has its names already: for whichever of concurrent calls moves on. */
  readonly subSessionPending: (() => Promise<void>) | undefined;
  /** The identifier of the subject session came of this authorisation session, and the browser must get to know it. */
  readonly subSessionNew: boolean;
  /** The subject has authenticated within this authorisation session. */
  readonly authenticated: boolean;
  /** Fingerprint of the user agent, where the login page tells it. */
  readonly fingerprint: string | undefined;
  readonly data: JsonObject | undefined;
  /** The stored authorisation session that this step continues; `undefined` at the start. */
  readonly continued: StoredSession | undefined;
}

/** The stored session behind an identifier. Throws `invalid-session`. */
export async function loadSession({ provider }: RequestContext, sid: string): Promise<StoredSession> {
  const { identifiers, stores, issuer } = provider;
  const checked = identifiers.check('authz-session', sid);
  const found = checked && (await stores.records(authorizationSessions).get(checked.key));
  if (!found || found.value.issuer !== issuer) {
    throw new OAuthError('invalid-session', checked ? 'unknown or expired' : 'not genuine');
  }
  return { sid, key: checked.key, version: found.version, session: found.value };
}

/** Looks up what a stored session refers to. Throws `invalid-session` when its client is gone. */
export async function standingOf(ctx: RequestContext, continued: StoredSession): Promise<Standing> {
  const { session } = continued;
  const client = await ctx.provider.clients.get(session.request.clientId);
  if (!client) throw new OAuthError('invalid-session', 'the client was removed meanwhile');
  const value = session.subSessionValue;
  const subSession = value === undefined ? undefined : await sessionAt(ctx, value);
  return {
    client,
    request: session.request,
    requiredSubject: session.requiredSubject,
    subSession,
    subSessionPending: undefined,
    // Signed in again in another tab, the browser has a later identifier.
    subSessionNew: session.subSessionNew && subSession !== undefined && isCurrent(subSession),
    authenticated: session.authenticated,
    fingerprint: session.fingerprint,
    data: session.data,
    continued,
  };
}

/** Writes another custom data into a session. Throws `concurrent-change`. */
export async function writeData(
  { provider }: RequestContext,
  { key, version, session }: StoredSession,
  data: JsonObject | undefined,
): Promise<void> {
  if (await provider.stores.records(authorizationSessions).replace(key, version, { ...session, data })) return;
  throw new OAuthError('concurrent-change', 'another request changed the authorisation session');
}

/** Ends a session, of concurrent calls exactly once. Throws `concurrent-change` for the others. */
export async function endSession({ provider }: RequestContext, { key, version }: StoredSession): Promise<void> {
  if (await provider.stores.records(authorizationSessions).take(key, version)) return;
  throw new OAuthError('concurrent-change', 'another request moved the authorisation session on or ended it');
}
