import type { KeySet } from '../../crypto/key-set.ts';
import { type CachedDocument, cachedDocument } from '../cached-document.ts';
import type { Endpoint, Provider, Route } from '../context.ts';

/** The server's public keys (RFC 7517, section 5): serialised once for each change of the keys. */
export function createJwksRoutes(provider: Provider): readonly Route[] {
  let keySet: KeySet | undefined;
  let document: CachedDocument | undefined;
  const endpoint: Endpoint = (_ctx, request) => {
    const current = provider.keys.current();
    if (current !== keySet || !document) {
      keySet = current;
      document = cachedDocument(JSON.stringify(current.publicJwks), provider.settings.keys.cacheLifetime);
    }
    return document.reply(request.headers['if-none-match']);
  };
  return [{ method: 'GET', path: '/jwks.json', endpoint }];
}
