import type { JsonObject } from './json.ts';

/** A client registration as the store keeps it. Times are Unix seconds. */
export interface StoredClient {
  readonly client_id: string;
  readonly client_id_issued_at: number;
  /** Registered metadata under their wire names, with defaults filled in; without credentials. */
  readonly metadata: JsonObject;
  /** In clear; at rest in `sealed_secrets`, or here where it is from before, or no `keyStore.encJWK` is configured. */
  readonly client_secret?: string;
  /** 0: never. */
  readonly client_secret_expires_at: number;
  /** The replaced secret, accepted until the given instant. */
  readonly previous_secret?: { readonly client_secret: string; readonly until: number };
  /** At rest alone: `client_secret` and `previous_secret`, encrypted under the key of the key store. */
  readonly sealed_secrets?: string;
  /** SHA-256, BASE64URL, of the registration access token. */
  readonly registration_token_hash?: string;
}
