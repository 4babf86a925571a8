import { createApiTokenGuard } from '../../protocol/bearer.ts';
import type { Endpoint, Provider, Route } from '../../protocol/context.ts';
import { jsonReply } from '../../protocol/replies.ts';
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

const base = '/session-store/rest/v2';

/** The subject session store web API. */
export function createSessionStoreRoutes(provider: Provider): readonly Route[] {
  const guard = createApiTokenGuard(provider.settings.sessions.apiTokens, 'sessionStore.apiAccessTokenSHA256');
  const guarded = (method: Route['method'], path: string, endpoint: Endpoint): Route => ({
    method,
    path: `${base}${path}`,
    endpoint: (ctx, request) => {
      guard(ctx, request);
      return endpoint(ctx, request);
    },
  });
  const sessions = provider.stores.subjectSessions;
  return [
    guarded('POST', '/sessions', createSession),
    guarded('GET', '/sessions', readSessions),
    guarded('DELETE', '/sessions', deleteSessions),
    guarded('PUT', '/sessions/subject-auth', replaceAuthentication),
    guarded('PUT', '/sessions/subject-auth-life', replaceAuthLife),
    ...sessionParts.flatMap((part) => [
      guarded('GET', `/sessions/${part.path}`, (ctx, request) => readPart(ctx, request, part)),
      guarded('PUT', `/sessions/${part.path}`, (ctx, request) => writePart(ctx, request, part)),
      guarded('DELETE', `/sessions/${part.path}`, (ctx, request) => deletePart(ctx, request, part)),
    ]),
    guarded('GET', '/sessions/count', async () => jsonReply(await sessions.count())),
    guarded('GET', '/subjects', listSubjects),
    guarded('GET', '/subjects/count', async () => jsonReply(await sessions.countSubjects())),
  ];
}
