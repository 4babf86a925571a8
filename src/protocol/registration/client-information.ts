import type { Json } from '../../domain/json.ts';
import type { StoredClient } from '../../domain/stored-client.ts';

/** The client information response (RFC 7591, section 3.2.1; RFC 7592, section 3). */
export type ClientInformation = Readonly<Record<string, Json | undefined>>;

/**
 * What a client, or the holder of a master token, is told about a registration. `registrationToken` is the access token in
 * clear where it is known; the store has only its hash.
 */
export function clientInformation(
  issuer: string,
  stored: StoredClient,
  registrationToken: string | undefined,
): ClientInformation {
  const hasSecret = stored.client_secret !== undefined;
  return {
    client_id: stored.client_id,
    client_id_issued_at: stored.client_id_issued_at,
    client_secret: stored.client_secret,
    client_secret_expires_at: hasSecret ? stored.client_secret_expires_at : undefined,
    registration_client_uri: `${issuer}/clients/${encodeURIComponent(stored.client_id)}`,
    registration_access_token: registrationToken,
    ...stored.metadata,
  };
}
