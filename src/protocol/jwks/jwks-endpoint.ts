import type { KeySet } from '../../crypto/key-set.ts';
import { keyProperties } from '../../crypto/properties.ts';
import { publishedJwks } from '../../crypto/published-keys.ts';
import { type CachedDocument, cachedDocument } from '../cached-document.ts';
import type { Endpoint, Provider } from '../context.ts';
import { signingAlgs } from '../issuing/signing-algs.ts';

/** The server's public keys (RFC 7517, section 5), those that its settings have a use for: serialised once for each change of the keys. */
export function createJwksEndpoint(provider: Provider): Endpoint {
  const maxAge = provider.settingsOf(keyProperties).cacheLifetime;
  const algs = new Set<string>(signingAlgs(provider.settingsOf));
  let keySet: KeySet | undefined;
  let document: CachedDocument | undefined;
  return (_ctx, request) => {
    const current = provider.keys.current();
    if (current !== keySet || !document) {
      keySet = current;
      document = cachedDocument(JSON.stringify(publishedJwks(current.publicJwks, algs)), maxAge);
    }
    return document.reply(request.headers['if-none-match']);
  };
}
