import { isAsymmetricJwsAlg, isHmacJwsAlg } from '../../crypto/jws-algorithms.ts';
import type { Provider } from '../context.ts';
import { tokenProperties } from '../grants/properties.ts';
import { type Check, type ClientMember, clientMember, type Within } from '../registration/client-member.ts';
import { jwkSet } from '../registration/jwks-check.ts';
import { asText, fetchedUrl, refuse, wordOf } from '../registration/metadata-check.ts';
import { clientAuthMethods, strengthOf } from './client-auth-method.ts';

const assertionAlg: Check = (value, name) => {
  const alg = asText(value, name);
  if (!isAsymmetricJwsAlg(alg) && !isHmacJwsAlg(alg)) refuse(name, 'expected a JWS algorithm other than none');
  return alg;
};

/** Whoever may pretend to be a client has its power: the method may change, and not become a weaker one. */
const noWeaker: Within = (value, held, { registry }) => {
  const methods = registry.of(clientAuthMethods);
  const method = typeof value === 'string' ? methods.get(value) : undefined;
  const former = typeof held === 'string' ? methods.get(held) : undefined;
  return value === held || (method !== undefined && former !== undefined && strengthOf(method) >= strengthOf(former));
};

/** The client authentication methods that are there and that the configuration offers, in its order. */
export function offeredAuthMethods({ registry, settingsOf }: Provider): readonly string[] {
  const methods = registry.of(clientAuthMethods);
  return settingsOf(tokenProperties).authMethods.filter((method) => methods.has(method));
}

function defaultAuthMethod(provider: Provider): string {
  const methods = offeredAuthMethods(provider);
  return methods.find((method) => method !== 'none') ?? methods[0] ?? 'client_secret_basic';
}

/** How a client authenticates (RFC 7591, section 2), and the keys by which it does. */
export const authenticationMembers: readonly ClientMember[] = [
  clientMember(
    'token_endpoint_auth_method',
    wordOf(({ provider }) => offeredAuthMethods(provider)),
    { defaultValue: defaultAuthMethod, power: noWeaker },
  ),
  clientMember('token_endpoint_auth_signing_alg', assertionAlg),
  clientMember('jwks', jwkSet, {
    agree({ jwks, jwks_uri: uri }) {
      if (jwks !== undefined && uri !== undefined) refuse('jwks', 'expected either jwks or jwks_uri');
    },
  }),
  clientMember('jwks_uri', fetchedUrl),
];
