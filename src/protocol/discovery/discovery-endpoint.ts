import type { KeySet } from '../../crypto/key-set.ts';
import { type CachedDocument, cachedDocument } from '../cached-document.ts';
import type { Endpoint, Provider } from '../context.ts';
import { providerMetadata } from './metadata.ts';

/** Seconds that others may keep the metadata: as long as the server keeps its keys, for they may bring new algorithms. */
const maxAge = 300;

/**
 * The provider's metadata, serialised once for each change of the keys. Throws an `Error` when features contradict each other in it.
 */
export function createDiscoveryEndpoint(provider: Provider): Endpoint {
  const documentFor = (keys: KeySet): { readonly keys: KeySet; readonly document: CachedDocument } => ({
    keys,
    document: cachedDocument(JSON.stringify(providerMetadata(provider)), maxAge),
  });
  let current = documentFor(provider.keys.current());
  return (_ctx, request) => {
    const keys = provider.keys.current();
    if (keys !== current.keys) current = documentFor(keys);
    return current.document.reply(request.headers['if-none-match']);
  };
}
