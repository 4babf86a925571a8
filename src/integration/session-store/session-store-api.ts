import { isJsonObject, isStringArray, type JsonObject } from '../../domain/json.ts';
import { type SubjectSession, shownSession } from '../../domain/subject-session.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import type { KeyedSubjectSession } from '../../ports/stores/subject-sessions.ts';
import type { RequestContext } from '../../protocol/context.ts';
import { listedReply, pagesOf } from '../../protocol/listed.ts';
import { type Params, queryParams } from '../../protocol/params/form.ts';
import { jsonBody, jsonObjectBody } from '../../protocol/params/json-body.ts';
import { nonEmptyStringMember, objectMember, stringsMember } from '../../protocol/params/members.ts';
import { emptyReply, jsonReply, noStoreJson } from '../../protocol/replies.ts';
import { closeSessions } from '../../protocol/subject-sessions/close-sessions.ts';
import { sessionProperties } from '../../protocol/subject-sessions/properties.ts';
import {
  findSession,
  givenSession,
  isCurrent,
  nameSession,
  newSession,
  type OpenSession,
  openSession,
  pastMember,
  renewNames,
  withNames,
} from '../../protocol/subject-sessions/subject-sessions.ts';
import { bodyLimit } from '../body-limit.ts';

/** Entries read from the store at once in a listing. */
const pageSize = 500;

/** `POST /sessions`: creates a session; its identifier is in the `SID` header and in the body. */
export async function createSession(ctx: RequestContext, request: HttpRequest): Promise<HttpReply> {
  const session = nameSession(ctx, newSession(ctx, givenSession(ctx, jsonObjectBody(request, bodyLimit))));
  await openSession(ctx, session);
  const { sid } = session;
  return { status: 201, headers: { ...noStoreJson, SID: sid }, body: JSON.stringify({ sid }) };
}

/** `GET /sessions`: one by `SID` header, those of a subject, or all by key. */
export async function readSessions(ctx: RequestContext, request: HttpRequest): Promise<HttpReply> {
  const query = queryParams(request);
  if (request.headers['sid'] !== undefined) {
    const { session } = await sessionOf(ctx, request, query.get('skip_last_used_update') !== 'true');
    return jsonReply(shownSession(session));
  }
  const subject = subjectParameter(request, query);
  if (query.get('include_sid') === 'true') {
    throw new OAuthError('invalid-parameter', 'include_sid=true', 'include_sid is impossible: only hashes are stored');
  }
  if (subject === undefined) return listedReply(sessionPages(ctx), ['{', '}']);
  const context = query.get('ctx');
  const found = await ctx.provider.stores.subjectSessions.listBySubject(subject);
  return jsonReply(found.filter(({ session }) => context === undefined || session.ctx === context).map(plain));
}

/** `DELETE /sessions`: one by `SID` header, those of a subject, or all; `quiet=true` answers without the sessions. */
export async function deleteSessions(ctx: RequestContext, request: HttpRequest): Promise<HttpReply> {
  const query = queryParams(request);
  if (request.headers['sid'] !== undefined) {
    const { key, session } = await sessionOf(ctx, request, false);
    if ((await closeSessions(ctx, { key })).count === 0) throw new OAuthError('invalid-session', 'closed meanwhile');
    return jsonReply(shownSession(session));
  }
  const quiet = query.get('quiet') === 'true';
  const subject = subjectParameter(request, query);
  if (subject !== undefined) {
    const { sessions } = await closeSessions(ctx, { subject });
    return quiet ? emptyReply(204) : jsonReply(sessions.map(plain));
  }
  if (query.get('all') !== 'true') {
    throw new OAuthError(
      'missing-parameter',
      'neither SID nor subject nor all',
      'Expected SID header, subject or all=true',
    );
  }
  if (quiet) {
    await closeSessions(ctx, 'all');
    return emptyReply(204);
  }
  // Gathered beforehand: afterwards they are gone.
  const sessions: string[] = [];
  for await (const page of sessionPages(ctx)) sessions.push(...page);
  await closeSessions(ctx, 'all');
  return { status: 200, headers: noStoreJson, body: `{${sessions.join(',')}}` };
}

/** An empty subject is a mistake of the caller, who must not get, or close, the sessions of everybody for it. */
function subjectParameter(request: HttpRequest, query: Params): string | undefined {
  const subject = query.get('subject');
  if (subject === undefined && new URLSearchParams(request.query).has('subject')) {
    throw new OAuthError('missing-parameter', 'empty: subject', 'Empty subject');
  }
  return subject;
}

function sessionPages(ctx: RequestContext): AsyncIterable<readonly string[]> {
  return pagesOf<KeyedSubjectSession>((page) => ctx.provider.stores.subjectSessions.list(page), {
    size: pageSize,
    keyOf: ({ key }) => key,
    text: (entry) => `${JSON.stringify(entry.key)}:${JSON.stringify(plain(entry))}`,
  });
}

function plain({ session }: KeyedSubjectSession): JsonObject {
  return { ...shownSession(session) };
}

/** The session that the `SID` header names. Throws `missing-parameter` and `invalid-session`. */
async function sessionOf(ctx: RequestContext, request: HttpRequest, use: boolean): Promise<OpenSession> {
  const sid = request.headers['sid'];
  if (typeof sid !== 'string') throw new OAuthError('missing-parameter', 'missing: SID header', 'Missing SID header');
  const found = await findSession(ctx, sid, use);
  if (!found) throw new OAuthError('invalid-session', 'the SID header names no living session');
  return found;
}

/**
 * `PUT /sessions/subject-auth`: replaces the authentication, after re-authentication or step-up. The session has another
 * identifier from then on, which is in the `SID` header of the answer.
 */
export async function replaceAuthentication(ctx: RequestContext, request: HttpRequest): Promise<HttpReply> {
  const body = jsonObjectBody(request, bodyLimit);
  const sub = nonEmptyStringMember(body, 'sub', 255);
  const authTime = pastMember(ctx, body, 'auth_time') ?? ctx.provider.clock.now();
  const acr = nonEmptyStringMember(body, 'acr');
  const amr = stringsMember(body, 'amr');
  const open = await sessionOf(ctx, request, false);
  const names = renewNames(ctx, open);
  await changeSession(ctx, open, ({ acr: _acr, amr: _amr, ...rest }) => {
    if (sub !== undefined && sub !== rest.sub) throw otherSubject();
    const authentication = { ...(acr === undefined ? {} : { acr }), ...(amr === undefined ? {} : { amr }) };
    return withNames({ ...rest, auth_time: authTime, ...authentication }, names);
  });
  ctx.emit(events.session.authenticationReplaced);
  const reply = emptyReply(204);
  return { ...reply, headers: { ...reply.headers, SID: names.sid } };
}

/** Another subject gets a session of its own: claims, data and relying parties of this one are not theirs. */
function otherSubject(): OAuthError {
  return new OAuthError(
    'invalid-parameter',
    'sub differs from that of the session',
    'The session is of another subject',
  );
}

/** `PUT /sessions/subject-auth-life`: a bare JSON number of minutes; a string of digits is taken too. */
export async function replaceAuthLife(ctx: RequestContext, request: HttpRequest): Promise<HttpReply> {
  const body = jsonBody(request, bodyLimit);
  const text = typeof body === 'number' || typeof body === 'string' ? String(body) : '';
  if (!/^-?\d{1,9}$/.test(text)) {
    throw new OAuthError('invalid-parameter', 'not a whole number', 'Expected a whole number of minutes');
  }
  const minutes = Number(text) === 0 ? ctx.provider.settingsOf(sessionProperties).authLifetime : Number(text);
  await changeSession(ctx, await sessionOf(ctx, request, false), (session) => ({ ...session, auth_life: minutes }));
  ctx.emit(events.session.authLifeReplaced);
  return emptyReply(204);
}

/** Changes the session, which counts as a use. Throws `invalid-session` when it ended or got another identifier meanwhile. */
async function changeSession(
  ctx: RequestContext,
  open: OpenSession,
  change: (session: SubjectSession) => SubjectSession,
): Promise<void> {
  const changed = await ctx.provider.stores.subjectSessions.update(open.key, (session) => {
    if (!isCurrent({ ...open, session })) throw new OAuthError('invalid-session', 'authenticated again meanwhile');
    return change(session);
  });
  if (!changed) throw new OAuthError('invalid-session', 'closed meanwhile');
}

/** A member of a session that is a resource of its own. */
export interface SessionPart {
  /** Its place in the web API. */
  readonly path: string;
  /** What it is, for the reference. */
  readonly purpose: string;
  read(session: SubjectSession): unknown;
  /** The session with the new value, or without one when `body` is `undefined`. Throws `invalid-parameter`. */
  write(session: SubjectSession, body: unknown): SubjectSession;
}

/** The members that are resources of their own. */
export const sessionParts: readonly SessionPart[] = [
  {
    path: '/sessions/claims',
    purpose: 'Claims of a session',
    read: (session) => session.claims ?? {},
    write: ({ claims: _claims, ...rest }, body) => {
      const claims = partObject(body);
      return claims === undefined ? rest : { ...rest, claims };
    },
  },
  {
    path: '/sessions/data',
    purpose: 'Custom data of a session',
    read: (session) => session.data ?? {},
    write: ({ data: _data, ...rest }, body) => {
      const data = partObject(body);
      return data === undefined ? rest : { ...rest, data };
    },
  },
  {
    path: '/sessions/rps',
    purpose: 'Clients that got an ID token in a session',
    read: (session) => session.rps ?? [],
    write: ({ rps: _rps, ...rest }, body) => {
      if (body !== undefined && !isStringArray(body)) {
        throw new OAuthError('invalid-parameter', 'not an array of strings', 'Expected an array of strings');
      }
      return body === undefined ? rest : { ...rest, rps: body };
    },
  },
];

function partObject(body: unknown): JsonObject | undefined {
  if (body === undefined) return undefined;
  if (!isJsonObject(body)) throw new OAuthError('invalid-parameter', 'not an object', 'Expected a JSON object');
  return objectMember({ body }, 'body');
}

/** `GET` of a part. */
export async function readPart(ctx: RequestContext, request: HttpRequest, part: SessionPart): Promise<HttpReply> {
  const { session } = await sessionOf(ctx, request, true);
  return jsonReply(part.read(session));
}

/** `PUT` of a part. */
export async function writePart(ctx: RequestContext, request: HttpRequest, part: SessionPart): Promise<HttpReply> {
  const body = jsonBody(request, bodyLimit);
  await changeSession(ctx, await sessionOf(ctx, request, false), (session) => part.write(session, body));
  return emptyReply(204);
}

/** `DELETE` of a part. */
export async function deletePart(ctx: RequestContext, request: HttpRequest, part: SessionPart): Promise<HttpReply> {
  await changeSession(ctx, await sessionOf(ctx, request, false), (session) => part.write(session, undefined));
  return emptyReply(204);
}

/** `GET /subjects`: subjects with at least one session. */
export function listSubjects(ctx: RequestContext): Promise<HttpReply> {
  const pages = pagesOf((page) => ctx.provider.stores.subjectSessions.subjects(page), {
    size: pageSize,
    keyOf: (subject) => subject,
    text: (subject) => JSON.stringify(subject),
  });
  return listedReply(pages);
}
