import type { SettingsOf } from './config/property.ts';
import { keyProperties } from './crypto/properties.ts';
import { httpProperties } from './http/properties.ts';
import { monitorProperties } from './integration/monitor/properties.ts';
import { logProperties } from './observability/properties.ts';
import { httpClaimsSourceProperties } from './plugins/claims/http-properties.ts';
import { usersFileClaimsSourceProperties } from './plugins/claims/users-file-properties.ts';
import { authorizeProperties } from './protocol/authorize/properties.ts';
import { claimsProperties } from './protocol/claims/properties.ts';
import { tokenProperties } from './protocol/grants/properties.ts';
import { tokensProperties } from './protocol/issuing/properties.ts';
import { generalProperties } from './protocol/properties.ts';
import { registrationProperties } from './protocol/registration/properties.ts';
import { sessionProperties } from './protocol/subject-sessions/properties.ts';
import { storageProperties } from './storage/properties.ts';

/** Every property of the server, by feature. */
export const propertyGroups = {
  general: generalProperties,
  http: httpProperties,
  keys: keyProperties,
  registration: registrationProperties,
  authorize: authorizeProperties,
  token: tokenProperties,
  tokens: tokensProperties,
  sessions: sessionProperties,
  claims: claimsProperties,
  usersFile: usersFileClaimsSourceProperties,
  httpClaims: httpClaimsSourceProperties,
  storage: storageProperties,
  log: logProperties,
  monitor: monitorProperties,
} as const;

/** The typed settings of the server. */
export type Settings = { readonly [G in keyof typeof propertyGroups]: SettingsOf<(typeof propertyGroups)[G]> };
