import type { JsonObject } from './json.ts';

/** A replaced secret, accepted until the given instant. */
export interface FormerSecret {
  readonly client_secret: string;
  readonly until: number;
}

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
  /** The secret that was replaced last. */
  readonly previous_secret?: FormerSecret;
  /** Those that were replaced before it, the latest first. */
  readonly older_secrets?: readonly FormerSecret[];
  /** At rest alone: the secrets above, encrypted under the key of the key store. */
  readonly sealed_secrets?: string;
  /** SHA-256, BASE64URL, of the registration access token. */
  readonly registration_token_hash?: string;
}

/** The replaced secrets of a client, the latest first, whether or not their time is over. */
export function formerSecrets({
  previous_secret: latest,
  older_secrets: older,
}: StoredClient): readonly FormerSecret[] {
  return [...(latest ? [latest] : []), ...(older ?? [])];
}
