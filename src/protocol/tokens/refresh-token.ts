import { equalTexts } from '../../crypto/digest.ts';
import { decryptFromSelf, encryptToSelf } from '../../crypto/jwe.ts';
import { seal, unseal } from '../../crypto/sealed-box.ts';
import type { SecretKeys } from '../../crypto/secret-keys.ts';
import type { Authorization, LongLivedAuthorization } from '../../domain/authorization.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { Provider } from '../context.ts';

/** What an identifier-based refresh token says: which remembered authorisation, and the secret that proves it. */
export interface RefreshTokenIdentifier {
  readonly sub: string;
  readonly act: string;
  readonly cid: string;
  readonly gid: string;
  readonly secret: string;
  readonly iat: number;
}

/** What a self-contained refresh token says: the whole authorisation. `exp` in Unix seconds, when it ends at all. */
export interface SelfContainedRefreshToken {
  readonly jti: string;
  readonly iat: number;
  readonly exp?: number;
  readonly authorization: Authorization;
}

const purpose = 'refresh-token';

/** The identifier-based refresh token of a remembered authorisation, after its current seed. */
export function writeRefreshTokenIdentifier(provider: Provider, record: LongLivedAuthorization): string {
  const content: RefreshTokenIdentifier = {
    sub: record.sub,
    act: record.act ?? '',
    cid: record.cid,
    gid: record.gid,
    secret: provider.identifiers.deriveSecrets('refresh-token', record.rts)[0] ?? '',
    iat: record.rti,
  };
  return seal(JSON.stringify(content), tokenKeys(provider), `${purpose} ${provider.issuer}`);
}

/** Whether it is the secret that a current refresh token of the record carries, whichever key it was derived with. */
export function isRefreshTokenSecret(provider: Provider, record: LongLivedAuthorization, secret: string): boolean {
  return provider.identifiers.deriveSecrets('refresh-token', record.rts).some((derived) => equalTexts(derived, secret));
}

/** A self-contained refresh token: a JWE that only this server opens. */
export function writeSelfContainedRefreshToken(
  provider: Provider,
  authorization: Authorization,
  expiresAt: number | undefined,
): string {
  const content: SelfContainedRefreshToken = {
    jti: provider.random.text(16),
    iat: provider.clock.now(),
    ...(expiresAt === undefined ? {} : { exp: expiresAt }),
    authorization,
  };
  return encryptToSelf(JSON.stringify(content), tokenKeys(provider));
}

/** A refresh token of either form, authenticated but not yet checked against any store. */
export type ParsedRefreshToken =
  | { readonly kind: 'identifier'; readonly token: RefreshTokenIdentifier }
  | { readonly kind: 'self-contained'; readonly token: SelfContainedRefreshToken };

/** Opens a refresh token; `undefined` for whatever this server did not make. Never throws. */
export function parseRefreshToken(provider: Provider, text: string): ParsedRefreshToken | undefined {
  if (text.includes('.')) {
    const token = jsonOf(decryptFromSelf(text, tokenKeys(provider)));
    // The key is the server's own: what opens has the shape that was sealed.
    return isSelfContained(token) && token.authorization.iss === provider.issuer
      ? { kind: 'self-contained', token }
      : undefined;
  }
  const token = jsonOf(unseal(text, tokenKeys(provider), `${purpose} ${provider.issuer}`));
  return isIdentifier(token) ? { kind: 'identifier', token } : undefined;
}

/**
 * When a refresh token issued at `issuedAt` ends by its lifetime, and how many seconds are left at `now` by lifetime or
 * idle time, whichever is less; `undefined`: no such end.
 */
export function refreshTokenExpiry(
  order: Pick<Authorization, 'rtl' | 'rtm'>,
  issuedAt: number,
  now: number,
): { readonly expiresAt: number | undefined; readonly limit: number | undefined } {
  const expiresAt = order.rtl > 0 ? issuedAt + order.rtl : undefined;
  return { expiresAt, limit: remainingTime(expiresAt, order.rtm, now) };
}

/** Seconds left until `expiresAt` or until the idle time (0: none) has passed, whichever is less; `undefined`: no end. */
export function remainingTime(expiresAt: number | undefined, maxIdle: number, now: number): number | undefined {
  const left = expiresAt === undefined ? undefined : Math.max(expiresAt - now, 0);
  if (maxIdle === 0) return left;
  return left === undefined ? maxIdle : Math.min(left, maxIdle);
}

function tokenKeys(provider: Provider): SecretKeys {
  return provider.keys.current().secrets('refresh-token-encrypt');
}

function jsonOf(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

function isIdentifier(value: unknown): value is RefreshTokenIdentifier {
  return isJsonObject(value) && typeof value['secret'] === 'string' && typeof value['gid'] === 'string';
}

function isSelfContained(value: unknown): value is SelfContainedRefreshToken {
  return isJsonObject(value) && typeof value['jti'] === 'string' && isJsonObject(value['authorization']);
}
