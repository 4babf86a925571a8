import { type ParsedJws, verifyJws } from '../crypto/jws.ts';
import { type AsymmetricJwsAlg, isAsymmetricJwsAlg } from '../crypto/jws-algorithms.ts';
import type { ServerKeys } from '../crypto/server-keys.ts';
import type { JwtMaker } from './jwt-from.ts';

/**
 * Why a JWS is not signed with a key of this server; `undefined` when it is. At once for a key that is known; for another one the
 * key store is read once more, for another process may have made it a moment ago ({@link ServerKeys.reload} bounds how often).
 */
export function serverSignatureFault(
  keys: ServerKeys,
  jws: ParsedJws,
): string | undefined | Promise<string | undefined> {
  const { kid, alg } = jws;
  if (kid === undefined || !isAsymmetricJwsAlg(alg)) return 'not digitally signed with a key that it names (alg, kid)';
  const key = keys.current().verificationKey(kid, alg);
  if (key) return verifyJws(jws, key) ? undefined : 'bad signature';
  return faultAfterReload(keys, jws, kid, alg);
}

async function faultAfterReload(
  keys: ServerKeys,
  jws: ParsedJws,
  kid: string,
  alg: AsymmetricJwsAlg,
): Promise<string | undefined> {
  await keys.reload();
  const key = keys.current().verificationKey(kid, alg);
  if (!key) return 'signed with a key that the server does not have, or no longer (keyStore.rotation.retention)';
  return verifyJws(jws, key) ? undefined : 'bad signature';
}

/** The server as the maker of JWTs that clients present again, such as ID tokens as hints. */
export function madeByServer(server: { readonly issuer: string; readonly keys: ServerKeys }): JwtMaker {
  return {
    parties: (client) => ({ issuer: server.issuer, audience: client.id }),
    faultOf: (jws) => serverSignatureFault(server.keys, jws),
  };
}
