import type { Jwk, JwkSet } from '../domain/jwk.ts';
import type { AsymmetricJwsAlg } from './jws-algorithms.ts';
import { suitableAlgs } from './signing-key.ts';

/**
 * What is published of the public keys (RFC 7517, section 5): those that one of the algorithms in use needs, each with its `alg` where
 * it serves a single one. Many readers refuse a whole set for one key of a curve that they do not know, so nothing is published in vain;
 * there are no keys for encryption, for nothing is encrypted to the server.
 */
export function publishedJwks({ keys }: JwkSet, algs: ReadonlySet<string>): JwkSet {
  const needed = keys.filter((jwk) => jwk.use !== 'enc' && suitableAlgs(jwk).some((alg) => algs.has(alg)));
  return { keys: needed.map(withAlg) };
}

function withAlg(jwk: Jwk): Jwk {
  const [alg, ...others]: readonly AsymmetricJwsAlg[] = suitableAlgs(jwk);
  return alg === undefined || others.length > 0 ? jwk : { ...jwk, alg };
}
