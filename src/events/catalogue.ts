import { authorizationEvents } from './authorization-events.ts';
import { claimsEvents } from './claims-events.ts';
import { registrationEvents } from './client-events.ts';
import type { EventEntry } from './event.ts';
import { keyEvents } from './key-events.ts';
import { healthEvents, httpEvents, processEvents } from './server-events.ts';
import { sessionEvents } from './session-events.ts';
import { storageEvents } from './storage-events.ts';
import {
  introspectionEvents,
  revocationEvents,
  tokenEndpointEvents,
  tokenEvents,
  userInfoEvents,
} from './token-events.ts';

/**
 * Every event of the server, by area and name: what is logged and counted, and told to listeners. `docs/reference/events.md` is
 * generated from it.
 */
export const events = {
  authorization: authorizationEvents,
  session: sessionEvents,
  tokenEndpoint: tokenEndpointEvents,
  token: tokenEvents,
  introspection: introspectionEvents,
  revocation: revocationEvents,
  userInfo: userInfoEvents,
  registration: registrationEvents,
  claims: claimsEvents,
  keys: keyEvents,
  storage: storageEvents,
  http: httpEvents,
  health: healthEvents,
  process: processEvents,
} as const;

/** All of them in a row. */
export const allEvents: readonly EventEntry[] = Object.values(events).flatMap((area) =>
  Object.values<EventEntry>(area),
);
