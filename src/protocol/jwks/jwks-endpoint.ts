import type { KeySet } from '../../crypto/key-set.ts';
import { keyProperties } from '../../crypto/properties.ts';
import { type CachedDocument, cachedDocument } from '../cached-document.ts';
import type { Endpoint, Provider } from '../context.ts';

/** The server's public keys (RFC 7517, section 5): serialised once for each change of the keys. */
export function createJwksEndpoint(provider: Provider): Endpoint {
  const maxAge = provider.settingsOf(keyProperties).cacheLifetime;
  let keySet: KeySet | undefined;
  let document: CachedDocument | undefined;
  return (_ctx, request) => {
    const current = provider.keys.current();
    if (current !== keySet || !document) {
      keySet = current;
      document = cachedDocument(JSON.stringify(current.publicJwks), maxAge);
    }
    return document.reply(request.headers['if-none-match']);
  };
}
