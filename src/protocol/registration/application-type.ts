import { isStringArray, type JsonObject } from '../../domain/json.ts';
import { isNativeUri } from '../../domain/redirect-uri.ts';

/**
 * What kind of application the metadata is of: what it says, and otherwise `native` where every redirection URI leads to the
 * user's own machine, `web` else (OpenID Connect Dynamic Client Registration, section 2, knows the latter alone).
 */
export function applicationTypeOf(metadata: JsonObject): 'web' | 'native' {
  const { application_type: type, redirect_uris: uris } = metadata;
  // Another type than the two is refused where the table of members comes to it.
  if (type !== undefined && type !== null) return type === 'native' ? 'native' : 'web';
  return isStringArray(uris) && uris.length > 0 && uris.every(isNativeUri) ? 'native' : 'web';
}
