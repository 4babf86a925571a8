import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Provider } from '../context.ts';
import { createClaims, kind } from '../features/kinds.ts';
import { discoveryProperties } from './properties.ts';

/** What one feature says in the provider's metadata. */
export interface MetadataShare {
  /** Name of the feature. */
  readonly name: string;
  of(provider: Provider): JsonObject;
}

/** The shares of the metadata. */
export const metadataShares = kind<MetadataShare>('share of the metadata');

/**
 * The provider's metadata (OpenID Connect Discovery, section 3; RFC 8414), put together from what the features say: what is not
 * served is not in it. The overlay is applied last. Throws an `Error` when two features say the same member.
 */
export function providerMetadata(provider: Provider): JsonObject {
  const metadata: Record<string, Json> = {};
  const claim = createClaims();
  for (const share of provider.registry.of(metadataShares).values()) {
    for (const [member, value] of Object.entries(share.of(provider))) {
      if (value === undefined) continue;
      claim(`metadata member ${member}`, share.name);
      metadata[member] = value;
    }
  }
  return overlaid(metadata, provider.settingsOf(discoveryProperties).metadataOverlay);
}

/** Resolves a URL that may be relative to the issuer: `login` and `/login` both stand below the issuer's path. */
export function resolveUrl(issuer: string, reference: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(reference) ? reference : `${issuer}/${reference.replace(/^\/+/, '')}`;
}

function overlaid(metadata: JsonObject, overlay: unknown): JsonObject {
  if (!isJsonObject(overlay)) return metadata;
  const merged = { ...metadata, ...overlay };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
