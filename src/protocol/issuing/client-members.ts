import { splitWords } from '../../domain/scope.ts';
import type { Provider } from '../context.ts';
import { type ClientMember, clientMember } from '../registration/client-member.ts';
import { isArray, refuse, wordOf } from '../registration/metadata-check.ts';
import { supportedIdTokenAlgs } from './id-token.ts';

const name = 'id_token_signed_response_alg';

function defaultAlg(provider: Provider): string {
  const algs = supportedIdTokenAlgs(provider);
  return algs.includes('RS256') ? 'RS256' : (algs.find((alg) => alg !== 'none') ?? 'RS256');
}

/** How the tokens for a client are made (OpenID Connect Dynamic Client Registration, section 2). */
export const tokenMembers: readonly ClientMember[] = [
  clientMember(
    name,
    wordOf(({ provider }) => supportedIdTokenAlgs(provider)),
    {
      defaultValue: defaultAlg,
      agree({ response_types: types, [name]: alg }) {
        const inResponse = isArray(types) && types.some((type) => splitWords(String(type)).includes('id_token'));
        if (inResponse && alg === 'none') {
          refuse(name, 'none is not allowed with an ID token in the authorization response');
        }
      },
    },
  ),
];
