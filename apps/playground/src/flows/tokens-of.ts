import {
  type Configuration,
  getJwksCache,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import { isJsonObject } from '../../../kit/src/json.ts';
import type { Tokens } from '../session-store.ts';
import { decodeToken, describeKey, findKey } from '../token-decoding.ts';

/** The public key, in words, that verified this ID token in this conversation. */
function verifyingKey(idToken: string, configuration: Configuration): string | undefined {
  const decoded = decodeToken(idToken);
  if (decoded.kind !== 'jwt') return undefined;
  const keys: readonly unknown[] = getJwksCache(configuration)?.jwks.keys ?? [];
  const key = findKey(decoded.header, keys.filter(isJsonObject));
  return key === undefined ? 'a key of the JWK set' : describeKey(key);
}

/**
 * What a token response holds (RFC 6749 section 5.1). openid-client has checked it, the ID token's signature included.
 * `earlier`: the tokens that a refresh renews; what the response does not replace stays. `at` in Unix seconds.
 */
export function tokensOf(
  response: TokenEndpointResponse & TokenEndpointResponseHelpers,
  configuration: Configuration,
  at: number,
  earlier?: Tokens,
): Tokens {
  const { expiresAt: _, ...kept } = earlier ?? { expiresAt: undefined };
  const idTokenKey = response.id_token === undefined ? undefined : verifyingKey(response.id_token, configuration);
  const subject = response.claims()?.sub;
  return {
    ...kept,
    accessToken: response.access_token,
    tokenType: response.token_type,
    ...(response.scope !== undefined && { scope: response.scope }),
    ...(response.expires_in !== undefined && { expiresAt: at + response.expires_in }),
    ...(response.refresh_token !== undefined && { refreshToken: response.refresh_token }),
    ...(response.id_token !== undefined && { idToken: response.id_token }),
    ...(idTokenKey !== undefined && { idTokenKey }),
    ...(subject !== undefined && { subject }),
  };
}
