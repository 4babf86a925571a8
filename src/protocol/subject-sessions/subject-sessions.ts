import type { JsonObject } from '../../domain/json.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { RequestContext } from '../context.ts';
import { integerMember, nonEmptyStringMember, objectMember, stringsMember } from '../params/members.ts';

/** An open subject session with all its names. */
export interface OpenSession {
  /** The identifier that is given out. */
  readonly sid: string;
  /** Its random part, which may be stored. */
  readonly value: string;
  /** Storage key. */
  readonly key: string;
  readonly session: SubjectSession;
}

/** Longest subject identifier, in characters (OpenID Connect Core, section 2: 255). */
const maxSubjectLength = 255;

/**
 * The session that a web API call describes, with the configured defaults. Lifetimes are minutes, 0 stands for the
 * default and negative for none. Throws `invalid-parameter`.
 */
export function sessionFrom(ctx: RequestContext, body: JsonObject): SubjectSession {
  const { sessions } = ctx.provider.settings;
  const now = ctx.provider.clock.now();
  const sub = nonEmptyStringMember(body, 'sub', maxSubjectLength);
  if (sub === undefined) throw new OAuthError('missing-parameter', 'missing: sub', 'Missing or empty sub');
  const acr = nonEmptyStringMember(body, 'acr');
  const amr = stringsMember(body, 'amr');
  const claims = objectMember(body, 'claims');
  const data = objectMember(body, 'data');
  const rps = stringsMember(body, 'rps');
  return {
    sub,
    ctx: nonEmptyStringMember(body, 'ctx', 100) ?? 'web',
    auth_time: integerMember(body, 'auth_time', { min: 0 }) ?? now,
    creation_time: integerMember(body, 'creation_time', { min: 0 }) ?? now,
    max_life: minutes(body, 'max_life', sessions.maxLifetime),
    auth_life: minutes(body, 'auth_life', sessions.authLifetime),
    max_idle: minutes(body, 'max_idle', sessions.maxIdleTime),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
    ...(rps === undefined ? {} : { rps }),
    ...(claims === undefined ? {} : { claims }),
    ...(data === undefined ? {} : { data }),
  };
}

/** A lifetime in minutes where 0 and absence stand for the default. */
export function minutes(body: JsonObject, name: string, defaultValue: number): number {
  const value = integerMember(body, name, { min: -1_000_000_000, max: 1_000_000_000 });
  return value === undefined || value === 0 ? defaultValue : value;
}

/** Opens a session under the subject's quota. Throws `session-quota` where the configuration says so. */
export async function openSession(ctx: RequestContext, session: SubjectSession): Promise<OpenSession> {
  const { identifiers, stores, settings, metrics } = ctx.provider;
  const { identifier, value, key } = identifiers.issue('subject-session');
  const creation = await stores.subjectSessions.create(key, session, {
    limit: settings.sessions.quotaPerSubject,
    onExhaustion: settings.sessions.onQuotaExhaustion === 'DENY_NEW_SESSION' ? 'deny' : 'close-oldest',
  });
  if (creation.outcome === 'denied') {
    metrics.meter('sessionStore.quotaExhaustions').mark();
    throw new OAuthError('session-quota', `sessionStore.quotaPerSubject=${settings.sessions.quotaPerSubject}`);
  }
  if (creation.closed.length > 0) {
    metrics.meter('sessionStore.quotaExhaustions').mark();
    ctx.log.info('SS9000', 'Closed old sessions of a subject over its quota', { closed: creation.closed.length });
  }
  metrics.meter('sessionStore.createdSessions').mark();
  return { sid: identifier, value, key, session };
}

/**
 * The session behind an identifier from a browser cookie; the look counts as a use unless `use` is false. `undefined` for
 * anything that is not the identifier of a living session.
 */
export async function findSession(
  ctx: RequestContext,
  sid: string | undefined | null,
  use = true,
): Promise<OpenSession | undefined> {
  if (!sid) return undefined;
  const { identifiers, metrics } = ctx.provider;
  const checked = identifiers.check('subject-session', sid);
  if (!checked) {
    metrics.meter('sessionStore.invalidSessionIDs').mark();
    return undefined;
  }
  return sessionAt(ctx, checked.value, use);
}

/** The living session with this value part. */
export async function sessionAt(ctx: RequestContext, value: string, use = false): Promise<OpenSession | undefined> {
  const { identifiers, stores } = ctx.provider;
  const key = identifiers.keyOf(value);
  const session = use ? await stores.subjectSessions.use(key) : await stores.subjectSessions.get(key);
  return session && { sid: identifiers.identifierOf('subject-session', value), value, key, session };
}

/** The session as the web APIs show it; its `sid` only in prompts. */
export function sessionView(open: OpenSession): JsonObject {
  return { sid: open.sid, ...open.session };
}
