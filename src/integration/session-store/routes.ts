import type { Endpoint, Route } from '../../protocol/context.ts';
import { byApiToken } from '../../protocol/features/access.ts';
import { type BodyShape, json, type Members } from '../../protocol/features/body-shape.ts';
import type { RouteDeclaration } from '../../protocol/features/feature.ts';
import { jsonReply } from '../../protocol/replies.ts';
import { sessionProperties } from '../../protocol/subject-sessions/properties.ts';
import {
  createSession,
  deletePart,
  deleteSessions,
  listSubjects,
  readPart,
  readSessions,
  replaceAuthentication,
  replaceAuthLife,
  sessionParts,
  writePart,
} from './session-store-api.ts';

/** Where the web API is. */
export const sessionStorePlace = '/session-store/rest/v2';

const sessions = 'Create, read and close sessions; the `SID` header names one, `?subject=` all of a subject';
const bySid: Members = { SID: 'string?' };
const select: Members = { subject: 'string?' };
const session: BodyShape = json({ sub: 'string', auth_time: 'number?', creation_time: 'number?', claims: 'object?' });

/** The subject session store web API. */
export const sessionStoreRoutes: readonly RouteDeclaration[] = [
  {
    ...route('POST', '/sessions', sessions, createSession),
    request: session,
    response: json({ sid: 'string' }),
  },
  {
    ...route('GET', '/sessions', sessions, readSessions),
    query: { ...select, ctx: 'string?', skip_last_used_update: 'string?' },
    headers: bySid,
    response: session,
  },
  {
    ...route('DELETE', '/sessions', sessions, deleteSessions),
    query: { ...select, all: 'string?', quiet: 'string?' },
    headers: bySid,
    response: session,
  },
  {
    ...changing('PUT', '/sessions/subject-auth', 'Record another authentication', replaceAuthentication),
    request: json({ sub: 'string?', auth_time: 'number?', acr: 'string?', amr: 'string[]?' }),
  },
  {
    ...changing(
      'PUT',
      '/sessions/subject-auth-life',
      'For how long the authentication counts, in minutes',
      replaceAuthLife,
    ),
    request: json(),
  },
  ...sessionParts.flatMap((part): RouteDeclaration[] => [
    { ...changing('GET', part.path, part.purpose, (ctx, request) => readPart(ctx, request, part)), response: json() },
    { ...changing('PUT', part.path, part.purpose, (ctx, request) => writePart(ctx, request, part)), request: json() },
    changing('DELETE', part.path, part.purpose, (ctx, request) => deletePart(ctx, request, part)),
  ]),
  {
    ...route('GET', '/sessions/count', 'Number of sessions', async ({ provider }) =>
      jsonReply(await provider.stores.subjectSessions.count()),
    ),
    response: json(),
  },
  { ...route('GET', '/subjects', 'Subjects with a session', listSubjects), response: json() },
  {
    ...route('GET', '/subjects/count', 'Number of subjects with a session', async ({ provider }) =>
      jsonReply(await provider.stores.subjectSessions.countSubjects()),
    ),
    response: json(),
  },
];

function route(method: Route['method'], path: string, purpose: string, endpoint: Endpoint): RouteDeclaration {
  const access = byApiToken(sessionProperties);
  return { method, path: `${sessionStorePlace}${path}`, purpose, access, endpoint: () => endpoint };
}

/** A route about the session that the `SID` header names. */
function changing(method: Route['method'], path: string, purpose: string, endpoint: Endpoint): RouteDeclaration {
  return { ...route(method, path, purpose, endpoint), headers: { SID: 'string' } };
}
