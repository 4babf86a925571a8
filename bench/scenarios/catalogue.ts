import { clientCredentials } from './client-credentials.ts';
import { discovery, generatorCheck, jwks } from './documents.ts';
import { introspection } from './introspection.ts';
import { registration } from './registration.ts';
import type { Scenario } from './scenario.ts';
import { secondLogin } from './second-login.ts';
import { refresh, userInfo, wholeCodeFlow } from './user-session.ts';

/** All scenarios under load, in the order of the results. */
export const scenarios: readonly Scenario[] = [
  generatorCheck,
  discovery,
  jwks,
  ...clientCredentials,
  introspection,
  refresh,
  userInfo,
  wholeCodeFlow,
  secondLogin,
  registration,
];

/** The mix of the memory run: everything that does not grow the set of clients, nor needs many users beforehand. */
export const mixed: readonly Scenario[] = [
  discovery,
  ...clientCredentials.slice(-1),
  introspection,
  refresh,
  userInfo,
  wholeCodeFlow,
];
