import { sha256 } from '../../crypto/digest.ts';
import { partLength } from '../../crypto/keyed-identifier.ts';
import type { JsonObject } from '../../domain/json.ts';
import { maxSubjectLength } from '../../domain/subject.ts';
import { clockTolerance, type SubjectSession, sessionExpiry, shownSession } from '../../domain/subject-session.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import { integerMember, nonEmptyStringMember, objectMember, stringsMember } from '../params/members.ts';
import { tellOfClosed } from './close-sessions.ts';
import { sessionProperties } from './properties.ts';
import { followersIn } from './session-followers.ts';

/** An open subject session with all its names. */
export interface OpenSession {
  /** The identifier that is given out. */
  readonly sid: string;
  /** Its random part, which may be stored. Not that of the good identifier where another authentication has renewed it: `isCurrent`. */
  readonly value: string;
  /** Storage key. */
  readonly key: string;
  readonly session: SubjectSession;
}

/** What a web API call says of a session; the rest has defaults or stays as it was. */
export type GivenSession = Partial<SubjectSession> & Pick<SubjectSession, 'sub'>;

/**
 * The members of a session that a web API call gives. Lifetimes are minutes, 0 stands for the configured default and
 * negative for none. Throws `missing-parameter` and `invalid-parameter`.
 */
export function givenSession(ctx: RequestContext, body: JsonObject): GivenSession {
  const sessions = ctx.provider.settingsOf(sessionProperties);
  const sub = nonEmptyStringMember(body, 'sub', maxSubjectLength);
  if (sub === undefined) throw new OAuthError('missing-parameter', 'missing: sub', 'Missing or empty sub');
  return {
    sub,
    ...given('ctx', nonEmptyStringMember(body, 'ctx', 100)),
    ...given('auth_time', pastMember(ctx, body, 'auth_time')),
    ...given('creation_time', pastMember(ctx, body, 'creation_time')),
    ...given('max_life', minutes(body, 'max_life', sessions.maxLifetime)),
    ...given('auth_life', minutes(body, 'auth_life', sessions.authLifetime)),
    ...given('max_idle', minutes(body, 'max_idle', sessions.maxIdleTime)),
    ...given('acr', nonEmptyStringMember(body, 'acr')),
    ...given('amr', stringsMember(body, 'amr')),
    ...given('rps', stringsMember(body, 'rps')),
    ...given('claims', objectMember(body, 'claims')),
    ...given('data', objectMember(body, 'data')),
    ...given('jkt', digestMember(body, 'jkt')),
    ...given('fpt', digestMember(body, 'fpt')),
  };
}

/**
 * An instant in Unix seconds that has come already; one within a minute, of a caller whose clock is ahead, is now. Throws
 * `invalid-parameter` for a later one: it would keep an authentication or a session young for longer than anybody allows.
 */
export function pastMember(
  { provider }: RequestContext,
  body: JsonObject,
  name: 'auth_time' | 'creation_time',
): number | undefined {
  const value = integerMember(body, name, { min: 0 });
  const now = provider.clock.now();
  if (value === undefined || value <= now) return value;
  if (value <= now + clockTolerance) return now;
  throw new OAuthError(
    'invalid-parameter',
    `${name} is ${value - now} s ahead of the clock of this server, at most ${clockTolerance}`,
    `Invalid ${name}: it is in the future`,
  );
}

function given<N extends string, T>(name: N, value: T | undefined): { readonly [K in N]?: T } | object {
  return value === undefined ? {} : { [name]: value };
}

/** A SHA-256 digest, BASE64URL, as `jkt` and `fpt` are. Throws `invalid-parameter`. */
export function digestMember(body: JsonObject, name: 'jkt' | 'fpt'): string | undefined {
  const value = nonEmptyStringMember(body, name);
  if (value === undefined || /^[\w-]{43}$/.test(value)) return value;
  throw new OAuthError('invalid-parameter', `${name} is not a SHA-256 digest, BASE64URL`, `Invalid ${name}`);
}

/** A new session with the configured defaults. Throws `invalid-parameter` for one that has ended already. */
export function newSession(ctx: RequestContext, members: GivenSession): SubjectSession {
  const sessions = ctx.provider.settingsOf(sessionProperties);
  const now = ctx.provider.clock.now();
  const session: SubjectSession = {
    ctx: 'web',
    auth_time: now,
    creation_time: now,
    max_life: sessions.maxLifetime,
    auth_life: sessions.authLifetime,
    max_idle: sessions.maxIdleTime,
    ...members,
  };
  if ((sessionExpiry(session, now) ?? now + 1) > now) return session;
  throw new OAuthError('invalid-parameter', 'creation_time and max_life: has ended already', 'The session has ended');
}

/** A session after its subject has authenticated again: what the call does not say stays, but for how it authenticated. */
export function renewedSession(stored: SubjectSession, members: GivenSession, now: number): SubjectSession {
  const { acr: _acr, amr: _amr, ...rest } = stored;
  const { creation_time, ctx, rps = members.rps, jkt = members.jkt, fpt = members.fpt } = stored;
  return {
    ...rest,
    auth_time: now,
    ...members,
    creation_time,
    ctx,
    ...given('rps', rps),
    ...given('jkt', jkt),
    ...given('fpt', fpt),
  };
}

/** A lifetime in minutes where 0 stands for the default. */
function minutes(body: JsonObject, name: string, defaultValue: number): number | undefined {
  const value = integerMember(body, name, { min: -1_000_000_000, max: 1_000_000_000 });
  return value === 0 ? defaultValue : value;
}

/**
 * The names of a session for its next authentication, which makes the identifier that was used so far worthless: nobody who
 * knew it before holds what the subject signs in to now. The storage key, by which grants, remembered data and what follows
 * the end of the session refer to it, stays.
 */
export function renewNames({ provider }: RequestContext, { value }: OpenSession): Omit<OpenSession, 'session'> {
  const { identifier, ...names } = provider.identifiers.renew('subject-session', value);
  return { sid: identifier, ...names };
}

/** The session with names of {@link renewNames} as its only good ones. */
export function withNames(session: SubjectSession, { value }: Pick<OpenSession, 'value'>): SubjectSession {
  return { ...session, sid_digest: sha256(value) };
}

/** Whether the identifier is the good one: the latest of the session. */
export function isCurrent({ value, session }: OpenSession): boolean {
  return session.sid_digest === undefined ? value.length === partLength : session.sid_digest === sha256(value);
}

/** Gives a session its names; {@link openSession} makes it known. */
export function nameSession(ctx: RequestContext, session: SubjectSession): OpenSession {
  const { identifier, value, key } = ctx.provider.identifiers.issue('subject-session');
  return { sid: identifier, value, key, session };
}

/** Opens a session under the subject's quota. Throws `session-quota` where the configuration says so. */
export async function openSession(ctx: RequestContext, { key, session }: OpenSession): Promise<void> {
  const { stores, settingsOf } = ctx.provider;
  const onExhaustion = settingsOf(sessionProperties).onQuotaExhaustion === 'DENY_NEW_SESSION' ? 'deny' : 'close-oldest';
  const quota = { limit: settingsOf(sessionProperties).quotaPerSubject, onExhaustion } as const;
  const creation = await stores.subjectSessions.create(key, session, quota, followersIn(ctx.provider.registry));
  if (creation.outcome === 'denied') {
    ctx.emit(events.session.denied);
    throw new OAuthError(
      'session-quota',
      `sessionStore.quotaPerSubject=${settingsOf(sessionProperties).quotaPerSubject}`,
    );
  }
  if (creation.closed.length > 0) {
    tellOfClosed(ctx, creation.closed.length);
    ctx.emit(events.session.oldOnesClosed, { closed: creation.closed.length });
  }
  ctx.emit(events.session.created);
}

/**
 * The session behind an identifier from a browser cookie; the look counts as a use unless `use` is false. `undefined` for
 * anything that is not the good identifier of a living session.
 */
export async function findSession(
  ctx: RequestContext,
  sid: string | undefined | null,
  use = true,
): Promise<OpenSession | undefined> {
  if (!sid) return undefined;
  const checked = ctx.provider.identifiers.check('subject-session', sid);
  if (!checked) {
    ctx.emit(events.session.invalidIdentifier);
    return undefined;
  }
  const found = await sessionAt(ctx, checked.value, use);
  return found && isCurrent(found) ? found : undefined;
}

/**
 * The living session that this value part has named: an authorisation session goes on with it, whether or not the subject has
 * authenticated elsewhere since.
 */
export async function sessionAt(ctx: RequestContext, value: string, use = false): Promise<OpenSession | undefined> {
  const { identifiers, stores } = ctx.provider;
  const key = identifiers.keyOf(value);
  const session = use ? await stores.subjectSessions.use(key) : await stores.subjectSessions.get(key);
  return session && { sid: identifiers.identifierOf('subject-session', value), value, key, session };
}

/** The session as prompts show it, with its `sid`, if that is still the good one: pages keep it in their cookie. */
export function sessionView(open: OpenSession): JsonObject {
  return { sid: isCurrent(open) ? open.sid : undefined, ...shownSession(open.session) };
}
