import { logFeature } from './foundation/log.ts';
import { storageFeature } from './foundation/storage.ts';
import { httpFeature } from './http/feature.ts';
import { authzSessionsFeature } from './integration/authz-sessions/feature.ts';
import { configCheckFeature } from './integration/config-check/feature.ts';
import { monitorFeature } from './integration/monitor/feature.ts';
import { sessionStoreFeature } from './integration/session-store/feature.ts';
import { httpClaimsFeature } from './plugins/claims/http-feature.ts';
import { usersFileFeature } from './plugins/claims/users-file-feature.ts';
import { authorizeFeature } from './protocol/authorize/feature.ts';
import { claimsFeature } from './protocol/claims/feature.ts';
import { clientAuthFeature } from './protocol/client-auth/feature.ts';
import { discoveryFeature } from './protocol/discovery/feature.ts';
import type { Feature } from './protocol/features/feature.ts';
import { generalFeature } from './protocol/general-feature.ts';
import { tokenFeature } from './protocol/grants/feature.ts';
import { introspectionFeature } from './protocol/introspection/feature.ts';
import { tokensFeature } from './protocol/issuing/feature.ts';
import { jwksFeature } from './protocol/jwks/feature.ts';
import { registrationFeature } from './protocol/registration/feature.ts';
import { responseModesFeature } from './protocol/response-modes/feature.ts';
import { revocationFeature } from './protocol/revocation/feature.ts';
import { splashFeature } from './protocol/splash/feature.ts';
import { userInfoFeature } from './protocol/userinfo/feature.ts';

/** Every feature of the server: the one list from which all others derive, in the order in which they are shown. */
export const builtInFeatures: readonly Feature[] = [
  generalFeature,
  splashFeature,
  discoveryFeature,
  httpFeature,
  storageFeature,
  logFeature,
  jwksFeature,
  registrationFeature,
  authorizeFeature,
  responseModesFeature,
  clientAuthFeature,
  tokenFeature,
  tokensFeature,
  introspectionFeature,
  revocationFeature,
  userInfoFeature,
  authzSessionsFeature,
  sessionStoreFeature,
  claimsFeature,
  usersFileFeature,
  httpClaimsFeature,
  monitorFeature,
  configCheckFeature,
];
