import { parseJws, verifyJws } from '../../crypto/jws.ts';
import { isAsymmetricJwsAlg } from '../../crypto/jws-algorithms.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { CheckInput } from './checks.ts';

/**
 * The subject of an `id_token_hint`: an ID token of this server for this client, digitally signed, whose expiry does not
 * matter (OpenID Connect Core, section 3.1.2.1). Throws `invalid-id-token-hint`.
 */
export function hintedSubject({ provider, client, parameters }: CheckInput): string | undefined {
  const hint = parameters.values.get('id_token_hint');
  if (hint === undefined) return undefined;
  const jws = parseJws(hint);
  if (!jws?.kid || !isAsymmetricJwsAlg(jws.alg)) throw invalidHint('not a digitally signed JWT with kid');
  const key = provider.keys.current().verificationKey(jws.kid, jws.alg);
  if (!key || !verifyJws(jws, key)) throw invalidHint('unknown key or bad signature');
  const { iss, aud, sub } = jws.claims;
  if (iss !== provider.issuer) throw invalidHint('another issuer');
  if (aud !== client.id && !(Array.isArray(aud) && aud.includes(client.id))) throw invalidHint('another audience');
  if (typeof sub !== 'string' || sub === '' || jws.claims['cid'] !== undefined || jws.typ === 'at+jwt') {
    throw invalidHint('not an ID token');
  }
  return sub;
}

function invalidHint(detail: string): OAuthError {
  return new OAuthError('invalid-id-token-hint', detail);
}
