import type { JsonObject } from './json.ts';

/** A registered client made ready for requests: parsed once, frozen, shared by all requests. */
export interface Client {
  readonly id: string;
  /** False for a public client (`token_endpoint_auth_method` `none`). */
  readonly confidential: boolean;
  readonly authMethod: string;
  /** SHA-256 of the secret; `undefined` when the client has none. */
  readonly secretDigest: Buffer | undefined;
  /** Unix seconds; 0: never. */
  readonly secretExpiresAt: number;
  /** SHA-256 of the replaced secrets, each with the instant until which it is accepted. */
  readonly formerSecrets: readonly { readonly digest: Buffer; readonly until: number }[];
  /** The secret itself, for HMAC signatures alone. */
  readonly secret: string | undefined;
  readonly grantTypes: ReadonlySet<string>;
  /** In the order `code id_token token`. */
  readonly responseTypes: ReadonlySet<string>;
  readonly redirectUris: readonly string[];
  readonly applicationType: 'web' | 'native';
  /** Registered scope values; `undefined` when the client has registered none. */
  readonly scope: ReadonlySet<string> | undefined;
  /** The whole registered scope, space-separated and as a list; empty when there is none. */
  readonly scopeText: string;
  readonly scopeList: readonly string[];
  /** Registered resources (RFC 8707); `undefined` when the client has registered none. */
  readonly resources: ReadonlySet<string> | undefined;
  readonly idTokenAlg: string;
  readonly userinfoAlg: string | undefined;
  readonly defaultMaxAge: number | undefined;
  readonly requireAuthTime: boolean;
  readonly defaultAcrValues: readonly string[];
  /** PKCE method that the client has bound itself to. */
  readonly codeChallengeMethod: 'plain' | 'S256' | undefined;
  /** True when ID tokens need a `sid`, for front- or back-channel logout. */
  readonly sessionIdRequired: boolean;
  /** All registered metadata under their wire names, for prompts and policies. */
  readonly metadata: JsonObject;
}
