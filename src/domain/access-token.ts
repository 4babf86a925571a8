import type { Confirmation } from './confirmation.ts';
import type { JsonObject } from './json.ts';

/** What an access token says, whichever way it is written. Times are Unix seconds. */
export interface AccessToken {
  readonly iss: string;
  readonly sub: string;
  readonly act?: string;
  readonly cid: string;
  readonly scp: readonly string[];
  readonly aud?: readonly string[];
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  /** Identity of the grant that it descends from; absent for tokens of the client itself. */
  readonly gid?: string;
  readonly clm?: readonly string[];
  readonly cll?: readonly string[];
  readonly cld?: JsonObject;
  readonly uip?: JsonObject;
  readonly dat?: JsonObject;
  readonly cnf?: Confirmation;
  readonly sik?: string;
  readonly auth_time?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Further top-level claims, fed from claims sources; never one of the above. */
  readonly extra?: JsonObject;
}
