import { counted, info, warn } from './event.ts';

/** Subject sessions. */
export const sessionEvents = {
  created: counted('sessionStore.createdSessions', 'A session was opened'),
  closed: counted('sessionStore.closedSessions', 'A session was closed'),
  denied: counted('sessionStore.quotaExhaustions', 'A session was denied: the quota of its subject is exhausted'),
  oldOnesClosed: info(
    'SS9000',
    'Closed old sessions of a subject over its quota',
    { closed: 'number' },
    { meter: 'sessionStore.quotaExhaustions', meaning: 'Because of `sessionStore.quotaPerSubject`' },
  ),
  invalidIdentifier: counted('sessionStore.invalidSessionIDs', 'A session identifier was not made by this server'),
  authenticationReplaced: counted('sessionStore.sessionAuthUpdates', 'The authentication of a session was replaced'),
  authLifeReplaced: counted('sessionStore.sessionAuthLifetimeUpdates', 'The `auth_life` of a session was replaced'),
  stolen: warn(
    'OP2133',
    'Subject session ended: its user agent has another fingerprint',
    {},
    { meaning: 'A subject session was carried to another user agent' },
  ),
} as const;
