import { parseSubjectSession, type SubjectSession } from './messages.ts';
import { ApiFailure, type WebApi } from './web-api.ts';

/** Client of the subject session store (`/session-store/rest/v2`). Both methods throw `ApiFailure`. */
export interface SessionStoreApi {
  /** The session, or `undefined` when it is gone. Looking does not keep it alive. */
  get(sid: string): Promise<SubjectSession | undefined>;
  /** Ends the session; false when there was none. */
  remove(sid: string): Promise<boolean>;
}

const PATH = '/session-store/rest/v2/sessions';

/** A {@link SessionStoreApi} over HTTP. */
export function createSessionStoreApi(call: WebApi): SessionStoreApi {
  const unlessGone = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof ApiFailure && (error.kind === 'gone' || error.kind === 'refused')) return undefined;
      throw error;
    }
  };
  return {
    async get(sid) {
      const path = `${PATH}?skip_last_used_update=true`;
      return parseSubjectSession(await unlessGone(call({ method: 'GET', path, label: PATH, headers: { sid } })));
    },
    async remove(sid) {
      const removed = call({ method: 'DELETE', path: PATH, label: PATH, headers: { sid } });
      return (await unlessGone(removed)) !== undefined;
    },
  };
}
