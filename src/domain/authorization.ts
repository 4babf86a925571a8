import type { Confirmation } from './confirmation.ts';
import type { JsonObject } from './json.ts';

/** A hundred years in seconds: the longest lifetime that can be ordered, and what one without end is reckoned as. */
export const longestLifetime = 3_155_760_000;

/** How an access token is written: a signed JWT, or a random identifier that the server looks up. */
export type AccessTokenEncoding = 'SELF_CONTAINED' | 'IDENTIFIER';

/**
 * What a subject has authorised a client to do, with the order for the tokens. The member names are those of the
 * authorisation object of the web APIs; lifetimes are seconds, 0 means the server's default (access tokens) or none
 * (refresh tokens).
 */
export interface Authorization {
  /** Identity of this grant, BASE64URL of 128 random bits; what descends from one consent or code carries the same. */
  readonly gid: string;
  readonly iss: string;
  readonly sub: string;
  /** Actor, in impersonation. */
  readonly act?: string;
  readonly cid: string;
  readonly iat: number;
  readonly lng: boolean;
  readonly scp: readonly string[];
  readonly clm: readonly string[];
  readonly cll?: readonly string[];
  readonly cld?: JsonObject;
  readonly uip?: JsonObject;
  readonly dat?: JsonObject;
  readonly aud?: readonly string[];
  readonly ate: AccessTokenEncoding;
  readonly atl: number;
  readonly irt: boolean;
  readonly rtl: number;
  readonly rtm: number;
  readonly rtr: boolean;
  readonly idr: boolean;
  /** Storage key of the subject session, BASE64URL. Internal, never output. */
  readonly sik?: string;
  readonly cnf?: Confirmation;
}

/** A remembered authorisation of (subject, actor, client): what a second visit need not ask again. */
export interface LongLivedAuthorization extends Authorization {
  /** Saved scope: all values remembered as consented. */
  readonly scs: readonly string[];
  /** Saved claims: all names remembered as consented. */
  readonly cls: readonly string[];
  readonly uat: number;
  /** Refresh token issue time; moves on rotation. */
  readonly rti: number;
  /** The refresh token lifetime that was ordered, once rotation has shortened `rtl` to what is left of it. Internal. */
  readonly rto?: number;
  /** Random seed, BASE64URL, from which the current refresh token secret is derived. Internal, never output. */
  readonly rts: string;
  /** Last use of the refresh token, where idle time counts. */
  readonly rlu?: number;
}

/** Identifies a remembered authorisation. */
export interface AuthorizationKey {
  readonly sub: string;
  /** Empty string: no actor. */
  readonly act: string;
  readonly cid: string;
}
