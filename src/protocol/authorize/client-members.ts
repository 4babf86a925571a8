import { quotedValue } from '../../config/mask.ts';
import { checkRedirectUri } from '../../domain/redirect-uri.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { normalResponseType } from '../clients/compile-client.ts';
import { type Check, type ClientMember, clientMember } from '../registration/client-member.ts';
import {
  asTexts,
  fetchedUrl,
  flag,
  isArray,
  listOf,
  refuse,
  seconds,
  texts,
  wordOf,
} from '../registration/metadata-check.ts';
import { registrationProperties } from '../registration/properties.ts';
import { authorizeProperties } from './properties.ts';
import { responseTypes } from './response-type.ts';

const redirectUris: Check = (value, name, ctx) => {
  const registration = ctx.provider.settingsOf(registrationProperties);
  const policy = {
    applicationType: ctx.applicationType,
    rejectNonTls: registration.rejectNonTlsRedirectionUris,
    allowLocalhost: registration.allowLocalhostRedirectionUrisForTest,
    customSchemes: registration.allowedCustomSchemes,
  };
  if (!isArray(value) || value.length > 100) refuseRedirectUri(name, 'expected an array of at most 100 URIs');
  return value.map((uri) => {
    if (typeof uri !== 'string') refuseRedirectUri(name, 'expected an array of strings');
    const reason = checkRedirectUri(uri, policy);
    if (reason !== undefined)
      refuseRedirectUri(name, reason, `${quotedValue(uri)} of a ${policy.applicationType} client`);
    return uri;
  });
};

const registeredResponseTypes: Check = (value, name, ctx) => {
  const known = ctx.provider.registry.of(responseTypes);
  return asTexts(value, name).map((words) => {
    const normal = normalResponseType(words);
    if (!known.has(normal)) refuse(name, `expected response types out of ${[...known.keys()].join(', ')}`);
    return normal;
  });
};

/** The properties that make the policy. */
const redirectUriSettings = [
  registrationProperties.rejectNonTlsRedirectionUris,
  registrationProperties.allowLocalhostRedirectionUrisForTest,
  registrationProperties.allowedCustomSchemes,
]
  .map((property) => property.name)
  .join(', ');

/** What a client says of its authorization requests (OpenID Connect Dynamic Client Registration, section 2). */
export const authorizeClientMembers: readonly ClientMember[] = [
  clientMember('redirect_uris', redirectUris),
  clientMember('response_types', registeredResponseTypes),
  clientMember(
    'code_challenge_method',
    wordOf(({ provider }) => provider.settingsOf(authorizeProperties).allowedPkce),
  ),
  clientMember('default_max_age', seconds),
  clientMember('require_auth_time', flag, { defaultValue: () => false }),
  clientMember('default_acr_values', texts),
  clientMember('request_uris', listOf(fetchedUrl)),
];

function refuseRedirectUri(name: string, reason: string, received?: string): never {
  const detail = received === undefined ? '' : `, received ${received} (${redirectUriSettings})`;
  throw new OAuthError('invalid-redirect-uri', `${name}: ${reason}${detail}`, `${name}: ${reason}`);
}
