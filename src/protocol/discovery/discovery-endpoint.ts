import type { KeySet } from '../../crypto/key-set.ts';
import { type CachedDocument, cachedDocument } from '../cached-document.ts';
import type { Endpoint, Provider, Route } from '../context.ts';
import { providerMetadata } from './metadata.ts';

/** Seconds that others may keep the metadata: as long as the server keeps its keys, for they may bring new algorithms. */
const maxAge = 300;

/** The metadata at both well-known places (OpenID Connect Discovery, section 4; RFC 8414, section 3), serialised once. */
export function createDiscoveryRoutes(provider: Provider): readonly Route[] {
  let keySet: KeySet | undefined;
  let document: CachedDocument | undefined;
  const endpoint: Endpoint = (_ctx, request) => {
    const current = provider.keys.current();
    if (current !== keySet || !document) {
      keySet = current;
      document = cachedDocument(JSON.stringify(providerMetadata(provider)), maxAge);
    }
    return document.reply(request.headers['if-none-match']);
  };
  return [
    { method: 'GET', path: '/.well-known/openid-configuration', endpoint },
    { method: 'GET', path: '/.well-known/oauth-authorization-server', endpoint },
  ];
}
