import type { Agreement } from './agreement.ts';
import type { Confirmation } from './confirmation.ts';
import type { JsonObject } from './json.ts';

/** A hundred years in seconds: the longest lifetime that can be ordered, and what one without end is reckoned as. */
export const longestLifetime = 3_155_760_000;

/** How an access token is written: a signed JWT, or a random identifier that the server looks up. */
export type AccessTokenEncoding = 'SELF_CONTAINED' | 'IDENTIFIER';

/** How the tokens of an authorization shall be made. Lifetimes are seconds. */
export interface TokenOrder {
  readonly accessTokenEncoding: AccessTokenEncoding;
  /** 0: the server's default. */
  readonly accessTokenLifetime: number;
  readonly issueRefreshToken: boolean;
  /** From the first refresh token on, also where it rotates; 0: no end. */
  readonly refreshTokenLifetime: number;
  /** 0: it may stay unused for as long as it lives. */
  readonly refreshTokenMaxIdle: number;
  readonly rotateRefreshToken: boolean;
  readonly allowIdTokenRefresh: boolean;
  /** Passed to the claims sources. */
  readonly claimsData: JsonObject | undefined;
  /** UserInfo claims whose values the order gives. */
  readonly presetUserInfo: JsonObject | undefined;
  /** Custom data that the tokens carry. */
  readonly data: JsonObject | undefined;
}

/** What was authorised, with the order for the tokens. It never changes: a grant is one login, one code or one direct issue. */
export interface Authorization extends TokenOrder {
  /** Identity of the grant, BASE64URL of 128 random bits, which all its tokens carry; empty where a client acts for itself. */
  readonly grantId: string;
  readonly issuer: string;
  readonly subject: string;
  /** Who acts as the subject, in impersonation. */
  readonly actor: string | undefined;
  readonly clientId: string;
  /** Unix seconds. */
  readonly issuedAt: number;
  /** How many revocations of the second `issuedAt` had been marked before: what tells apart what was issued before and after one. */
  readonly revocationsSeen: number;
  /** It rests on a remembered authorization, and its refresh token on a stored grant. */
  readonly longLived: boolean;
  readonly scope: readonly string[];
  /** Consented claims, with the prefix of the token that they go into, if any. */
  readonly claims: readonly string[];
  readonly claimsLocales: readonly string[];
  /** Resources and other recipients of the access token; empty: not restricted. */
  readonly audience: readonly string[];
  /** Storage key of the subject session, BASE64URL. Never output. */
  readonly sessionKey: string | undefined;
  /** When the subject authenticated, Unix seconds, where its ID tokens say so: the first, and those that follow on refresh. */
  readonly authTime: number | undefined;
  /** Key or certificate that the tokens are bound to. */
  readonly confirmation: Confirmation | undefined;
}

/** Names a remembered authorization. */
export interface AuthorizationKey {
  readonly subject: string;
  /** Empty: no actor. */
  readonly actor: string;
  readonly clientId: string;
}

/** The key of the remembered authorization that an authorization belongs to. */
export function authorizationKey({ subject, actor, clientId }: Authorization): AuthorizationKey {
  return { subject, actor: actor ?? '', clientId };
}

/**
 * What a subject has agreed to with a client, and what it has declined, so that neither is asked again. The grants of each
 * login live under it and end with it.
 */
export interface RememberedAuthorization {
  readonly issuer: string;
  readonly subject: string;
  readonly actor: string | undefined;
  readonly clientId: string;
  /** Unix seconds. */
  readonly createdAt: number;
  /** Unix seconds of the latest change. */
  readonly updatedAt: number;
  readonly agreed: Agreement;
  /** Disjoint from `agreed`. */
  readonly declined: Agreement;
  /** How tokens shall be made when the subject need not be asked: the latest order. */
  readonly order: TokenOrder;
  /** Beyond what clients ask for: claims with a prefix, and audience, that the latest order adds. */
  readonly orderedClaims: readonly string[];
  readonly orderedAudience: readonly string[];
}
