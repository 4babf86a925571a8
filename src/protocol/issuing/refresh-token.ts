import { decryptFromSelf, encryptToSelf, type SelfBinding } from '../../crypto/jwe.ts';
import { seal, unseal } from '../../crypto/sealed-box.ts';
import type { SecretKeys } from '../../crypto/secret-keys.ts';
import type { Authorization } from '../../domain/authorization.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Provider } from '../context.ts';
import { decodeAuthorization, encodeAuthorization } from './authorization-codec.ts';

/** Names a stored grant, and proves by its secret that the grant was handed out. */
export interface IdentifierRefreshToken {
  readonly kind: 'identifier';
  readonly grantId: string;
  readonly subject: string;
  /** Empty: no actor. */
  readonly actor: string;
  readonly clientId: string;
  /** 128 bits, BASE64URL, the same in all tokens of the grant. */
  readonly secret: string;
  /** Unix seconds. */
  readonly issuedAt: number;
  /** How many rotations led to this token. */
  readonly rotations: number;
}

/** Carries its whole authorization. Times are Unix seconds. */
export interface SelfContainedRefreshToken {
  readonly kind: 'self-contained';
  readonly authorization: Authorization;
  readonly issuedAt: number;
  /** How many revocations of the second `issuedAt` had been marked when it was issued. */
  readonly revocationsSeen: number;
  /** `undefined`: never. */
  readonly expiresAt: number | undefined;
  readonly rotations: number;
  /** Where release 0.1 made it, its ID in the registry of used tokens. */
  readonly usedAs: string | undefined;
}

/** What a refresh token says: authenticated, but not yet checked against any store. */
export type RefreshToken = IdentifierRefreshToken | SelfContainedRefreshToken;

/** Writes a refresh token that only this server opens. The same content is always written as the same text. */
export function writeRefreshToken(provider: Provider, token: RefreshToken): string {
  if (token.kind === 'self-contained') {
    return encryptToSelf(JSON.stringify(selfContainedClaims(token)), tokenKeys(provider), bindingOf(provider));
  }
  const content = {
    gid: token.grantId,
    sub: token.subject,
    act: token.actor,
    cid: token.clientId,
    secret: token.secret,
    iat: token.issuedAt,
    rot: token.rotations,
  };
  return seal(JSON.stringify(content), tokenKeys(provider), purposeOf(provider));
}

/** Opens a refresh token; `undefined` for whatever this server did not make. Never throws. */
export function readRefreshToken(provider: Provider, text: string): RefreshToken | undefined {
  if (text.includes('.')) {
    const token = jsonOf(decryptFromSelf(text, tokenKeys(provider), bindingOf(provider)));
    const read = token && selfContained(token);
    // A token from before the binding says it here alone.
    return read?.authorization.issuer === provider.issuer ? read : undefined;
  }
  const token = jsonOf(unseal(text, tokenKeys(provider), purposeOf(provider)));
  return token && identifier(token);
}

function selfContainedClaims(token: SelfContainedRefreshToken): JsonObject {
  return {
    iat: token.issuedAt,
    exp: token.expiresAt,
    rot: token.rotations,
    rvs: token.revocationsSeen === 0 ? undefined : token.revocationsSeen,
    jti: token.usedAs,
    authorization: encodeAuthorization(token.authorization),
  };
}

/** The key is the server's own: what opens has the shape that was sealed, by this release or the one before. */
function selfContained({ authorization, iat, exp, rot, rvs, jti }: JsonObject): SelfContainedRefreshToken | undefined {
  if (!isJsonObject(authorization) || typeof iat !== 'number') return undefined;
  return {
    kind: 'self-contained',
    authorization: decodeAuthorization(authorization),
    issuedAt: iat,
    revocationsSeen: typeof rvs === 'number' ? rvs : 0,
    expiresAt: typeof exp === 'number' ? exp : undefined,
    rotations: typeof rot === 'number' ? rot : 0,
    usedAs: typeof jti === 'string' ? jti : undefined,
  };
}

function identifier({ gid, sub, act, cid, secret, iat, rot }: JsonObject): IdentifierRefreshToken | undefined {
  if (typeof gid !== 'string' || typeof sub !== 'string' || typeof cid !== 'string') return undefined;
  if (typeof secret !== 'string' || typeof iat !== 'number') return undefined;
  return {
    kind: 'identifier',
    grantId: gid,
    subject: sub,
    actor: typeof act === 'string' ? act : '',
    clientId: cid,
    secret,
    issuedAt: iat,
    rotations: typeof rot === 'number' ? rot : 0,
  };
}

/** Keeps what is sealed for one issuer, and for one use, from being opened as another. */
function purposeOf(provider: Provider): string {
  return `refresh-token ${provider.issuer}`;
}

/** The same for a JWE. */
function bindingOf({ issuer }: Provider): SelfBinding {
  return { typ: 'refresh-token', iss: issuer };
}

function tokenKeys(provider: Provider): SecretKeys {
  return provider.keys.current().secrets('refresh-token-encrypt');
}

function jsonOf(text: string | undefined): JsonObject | undefined {
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  return isJsonObject(value) ? value : undefined;
}
