import { isAsymmetricJwsAlg, isHmacJwsAlg } from '../crypto/jws-algorithms.ts';
import { signWithSecret, unsecuredJwt } from '../crypto/signer.ts';
import type { Client } from '../domain/client.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import type { Clock } from '../ports/clock.ts';
import { type ServerJwt, type ServerSigning, signAsServer } from './sign-as-server.ts';

/** What signs: a provider has it. */
export interface SigningRoom extends ServerSigning {
  readonly clock: Clock;
}

/** A JWT that a client shall get. */
export interface JwtOrder extends ServerJwt {
  /** What it is, for the texts of errors, e.g. `ID token`. */
  readonly name: string;
  /** The algorithm that the client has registered for this kind of JWT. */
  readonly alg: string;
  /** Whether `none` is allowed: an unsecured JWT (RFC 7519, section 6). */
  readonly unsecured: boolean;
}

/**
 * A JWT for a client, signed as it has registered: with a key of the server, with an HMAC under the octets of the client's
 * secret, or not at all where that is allowed. Throws an `OAuthError` when an HMAC is due and the client has no valid secret;
 * an `Error` when the server cannot or must not sign so.
 */
export function jwtFor(room: SigningRoom, client: Client, order: JwtOrder): string | Promise<string> {
  const { name, claims, alg, typ } = order;
  if (isAsymmetricJwsAlg(alg)) {
    const key = room.keys.current().signingKey(alg);
    if (!key) throw new Error(`there is no key for the ${name} algorithm ${alg} of client ${client.id}`);
    return signAsServer(room, key, order);
  }
  if (alg === 'none' && order.unsecured) return unsecuredJwt(claims);
  if (!isHmacJwsAlg(alg)) throw new Error(`the ${name} algorithm ${alg} of client ${client.id} is not enabled`);
  const expired = client.secretExpiresAt > 0 && room.clock.now() >= client.secretExpiresAt;
  if (client.secret === undefined || expired) {
    throw new OAuthError('client-metadata-conflict', `client ${client.id} has no valid secret for ${alg}`);
  }
  return signWithSecret(alg, client.secret, claims, typ);
}
