import { OAuthError } from '../../errors/oauth-error.ts';
import { jwtFrom } from '../../jose/jwt-from.ts';
import { madeByServer } from '../../jose/signed-by-server.ts';
import type { CheckInput } from './checks.ts';

/**
 * The subject of an `id_token_hint`: an ID token of this server for this client, digitally signed, whose expiry does not
 * matter (OpenID Connect Core, section 3.1.2.1). Rejects with `invalid-id-token-hint`.
 */
export async function hintedSubject({ provider, client, parameters }: CheckInput): Promise<string | undefined> {
  const hint = parameters.values.get('id_token_hint');
  if (hint === undefined) return undefined;
  const read = await jwtFrom(client, hint, {
    maker: madeByServer(provider),
    validAt: undefined,
    hasType: (typ) => typ?.toLowerCase() !== 'at+jwt',
  });
  if (!read.ok) throw new OAuthError('invalid-id-token-hint', read.reason);
  const { sub, cid } = read.claims;
  if (typeof sub !== 'string' || sub === '' || cid !== undefined) {
    throw new OAuthError('invalid-id-token-hint', 'not an ID token');
  }
  return sub;
}
