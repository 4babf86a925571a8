import { createHttpClaimsSource } from '../plugins/claims/http-source.ts';
import { openUsersFileClaimsSource } from '../plugins/claims/users-file-source.ts';
import { createHttpFetch } from '../plugins/fetch/safe-fetch.ts';
import type { ClaimsSource } from '../ports/claims-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Settings } from '../settings.ts';

/** Opens the enabled claims sources. Rejects with an `Error` for the operator. */
export async function openClaimsSources(
  settings: Settings,
  deps: { readonly clock: Clock; readonly log: Log },
): Promise<readonly ClaimsSource[]> {
  const sources: ClaimsSource[] = [];
  if (settings.usersFile.enable) {
    sources.push(await openUsersFileClaimsSource({ settings: settings.usersFile, ...deps }));
  }
  if (settings.httpClaims.enable) {
    const fetch = createHttpFetch({ trustSelfSignedCerts: settings.httpClaims.trustSelfSignedCerts });
    sources.push(createHttpClaimsSource({ settings: settings.httpClaims, fetch }));
  }
  return sources;
}
