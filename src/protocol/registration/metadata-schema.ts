import { isAsymmetricJwsAlg, isHmacJwsAlg } from '../../crypto/jws-algorithms.ts';
import { isControlWord } from '../../domain/claim-names.ts';
import { checkRedirectTarget, checkRedirectUri } from '../../domain/redirect-uri.ts';
import { parseScope } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { normalResponseType } from '../clients/compile-client.ts';
import { supportedIdTokenAlgs } from '../issuing/id-token.ts';
import { isReservedScope } from '../reserved-scope.ts';
import { isResource, maxResources } from '../resources.ts';
import { jwkSet } from './jwks-check.ts';
import {
  asText,
  asTexts,
  type Check,
  type CheckContext,
  flag,
  isArray,
  listOf,
  object,
  refuse,
  sameJson,
  seconds,
  text,
  texts,
  unsupported,
  unsupportedFlag,
  urlOf,
  wordOf,
} from './metadata-check.ts';

/** A metadata member that is checked and stored. */
export interface MetadataField {
  readonly name: string;
  readonly check: Check;
  /** `name#tag` is a member as well (OpenID Connect Dynamic Client Registration, section 2.1). */
  readonly tagged: boolean;
}

const https = urlOf(['https:'], 'https');
const webPage = urlOf(['https:', 'http:'], 'https or http');

const redirectUris: Check = (value, name, ctx) => {
  const { registration } = ctx.provider.settings;
  const policy = {
    applicationType: ctx.applicationType,
    rejectNonTls: registration.rejectNonTlsRedirectionUris,
    allowLocalhost: registration.allowLocalhostRedirectionUrisForTest,
  };
  if (!isArray(value) || value.length > 100) refuseRedirectUri(name, 'expected an array of at most 100 URIs');
  return value.map((uri) => {
    if (typeof uri !== 'string') refuseRedirectUri(name, 'expected an array of strings');
    const reason = checkRedirectUri(uri, policy);
    if (reason !== undefined) refuseRedirectUri(name, reason);
    return uri;
  });
};

const postLogoutRedirectUri: Check = (value, name) => {
  const uri = asText(value, name);
  const reason = checkRedirectTarget(uri);
  if (reason !== undefined) refuse(name, reason);
  return uri;
};

const frontchannelLogoutUri: Check = (value, name, ctx) => {
  const uri = asText(value, name);
  const reason = checkRedirectTarget(uri);
  if (reason !== undefined) refuse(name, reason);
  const { hostname, protocol } = new URL(uri);
  if (protocol === 'https:') return uri;
  const plain = protocol === 'http:';
  if (plain && ctx.provider.settings.registration.allowNonTlsLogoutUrisForTest) return uri;
  const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (ctx.applicationType === 'native' && (!plain || local)) return uri;
  refuse(name, 'expected an https URL');
};

const backchannelLogoutUri: Check = (value, name, ctx) => {
  https(value, name, ctx);
  return postLogoutRedirectUri(value, name, ctx);
};

const grantTypes: Check = (value, name, ctx) => {
  const { registry } = ctx.provider;
  return asTexts(value, name).map((word) => {
    // One that the configuration does not offer may be registered: introspection goes by client_credentials, too.
    const grant = registry.grantTypes.get(word);
    if (!grant) refuse(name, `expected grant types out of ${[...registry.grantTypes.keys()].join(', ')}`);
    const short = word.slice(word.lastIndexOf(':') + 1);
    if (!grant.openToAll && !has(ctx, name, word) && !ctx.registrant.may(`client-reg:${short}`)) {
      refuse(name, `${grant.name} may only be registered with a master token or the scope client-reg:${short}`);
    }
    return word;
  });
};

const responseTypes: Check = (value, name, ctx) => {
  const { responseTypes: known } = ctx.provider.registry;
  return asTexts(value, name).map((words) => {
    const normal = normalResponseType(words);
    if (!known.has(normal)) refuse(name, `expected response types out of ${[...known.keys()].join(', ')}`);
    return normal;
  });
};

const authMethod = wordOf(({ provider: { registry, settings } }) =>
  settings.token.authMethods.filter((method) => registry.clientAuthMethods.has(method)),
);

const idTokenAlg = wordOf((ctx) => supportedIdTokenAlgs(ctx.provider));

const assertionAlg: Check = (value, name) => {
  const alg = asText(value, name);
  if (!isAsymmetricJwsAlg(alg) && !isHmacJwsAlg(alg)) refuse(name, 'expected a JWS algorithm other than none');
  return alg;
};

const scope: Check = (value, name, ctx) => {
  if (typeof value !== 'string') refuse(name, 'expected a string');
  const values = parseScope(value);
  if (!values) refuse(name, 'expected at most 200 scope values of the characters of RFC 6749, section 3.3');
  if (values.some(isControlWord)) refuse(name, 'a value is a control word of the login page, such as *');
  const reserved = values.find((word) => isReservedScope(word, ctx.provider.issuer));
  // Whoever may register clients could otherwise multiply that power, or get it by the consent of a user.
  if (reserved !== undefined && ctx.registrant.kind !== 'master' && value !== ctx.current[name]) {
    refuse(name, 'a scope value that gives power over the server may only be registered with a master token');
  }
  return values.join(' ');
};

/** What a client may ask tokens for (RFC 8707). It may give up resources by itself, and gets others from the privileged. */
const resources: Check = (value, name, ctx) => {
  const uris = asTexts(value, name);
  if (uris.length > maxResources || !uris.every(isResource)) {
    refuse(name, `expected at most ${maxResources} absolute URIs without fragment`);
  }
  if (!ctx.registrant.may('client-reg:set-resources') && !uris.every((uri) => has(ctx, name, uri))) {
    refuse(name, 'may only be extended with a master token or the scope client-reg:set-resources');
  }
  return uris;
};

const data: Check = (value, name, ctx) => {
  if (!ctx.registrant.may('client-reg:set-data') && !sameJson(value, ctx.current[name])) {
    refuse(name, 'may only be set with a master token or the scope client-reg:set-data');
  }
  return object(value, name, ctx);
};

/** Publishers of software send `1.0` where a text was asked for. */
const version: Check = (value, name) => asText(typeof value === 'number' ? String(value) : value, name);

/**
 * Every metadata member that the server knows, with its check (OpenID Connect Dynamic Client Registration, section 2;
 * RFC 7591, section 2). Others are ignored. Members of features that the server lacks are refused where taking them would
 * promise protection that is not there.
 */
const fields: readonly MetadataField[] = [
  field('redirect_uris', redirectUris),
  field('response_types', responseTypes),
  field('grant_types', grantTypes),
  field(
    'application_type',
    wordOf(() => ['web', 'native']),
  ),
  field('token_endpoint_auth_method', authMethod),
  field('token_endpoint_auth_signing_alg', assertionAlg),
  field('scope', scope),
  field(
    'code_challenge_method',
    wordOf(({ provider }) => provider.settings.authorize.allowedPkce),
  ),
  field('id_token_signed_response_alg', idTokenAlg),
  field('resources', resources),
  field('subject_type', subjectType),
  field('default_max_age', seconds),
  field('require_auth_time', flag),
  field('default_acr_values', texts),
  field('jwks', jwkSet),
  field('jwks_uri', https),
  field('request_uris', listOf(webPage)),
  // For people
  tagged('client_name', text),
  tagged('logo_uri', webPage),
  tagged('client_uri', webPage),
  tagged('policy_uri', webPage),
  tagged('tos_uri', webPage),
  field('contacts', texts),
  field('organization_name', text),
  field('software_id', text),
  field('software_version', version),
  field('initiate_login_uri', https),
  field('data', data),
  // Logout
  field('post_logout_redirect_uris', listOf(postLogoutRedirectUri)),
  field('frontchannel_logout_uri', frontchannelLogoutUri),
  field('frontchannel_logout_session_required', flag),
  field('backchannel_logout_uri', backchannelLogoutUri),
  field('backchannel_logout_session_required', flag),
  // Kept for features to come, without effect
  field('client_registration_types', texts),
  field('authorization_details_types', texts),
  field(
    'backchannel_token_delivery_mode',
    wordOf(() => ['poll']),
  ),
  field('backchannel_client_notification_endpoint', https),
  // Refused: they would promise protection that is not there
  field('backchannel_authentication_request_signing_alg', unsupported),
  field('backchannel_user_code_parameter', unsupportedFlag),
  field('sector_identifier_uri', unsupported),
  field('request_object_signing_alg', unsupported),
  field('request_object_encryption_alg', unsupported),
  field('request_object_encryption_enc', unsupported),
  field('require_pushed_authorization_requests', unsupportedFlag),
  field('require_signed_request_object', unsupportedFlag),
  field('dpop_bound_access_tokens', unsupportedFlag),
  field('tls_client_certificate_bound_access_tokens', unsupportedFlag),
  field('tls_client_auth_subject_dn', unsupported),
  field('tls_client_auth_san_dns', unsupported),
  field('tls_client_auth_san_uri', unsupported),
  field('tls_client_auth_san_ip', unsupported),
  field('tls_client_auth_san_email', unsupported),
  field('authorization_signed_response_alg', unsupported),
  field('authorization_encrypted_response_alg', unsupported),
  field('authorization_encrypted_response_enc', unsupported),
  field('id_token_encrypted_response_alg', unsupported),
  field('id_token_encrypted_response_enc', unsupported),
  field('userinfo_signed_response_alg', unsupported),
  field('userinfo_encrypted_response_alg', unsupported),
  field('userinfo_encrypted_response_enc', unsupported),
];

/** The table by member name. */
export const metadataFields: ReadonlyMap<string, MetadataField> = new Map(fields.map((each) => [each.name, each]));

function field(name: string, check: Check): MetadataField {
  return { name, check, tagged: false };
}

function tagged(name: string, check: Check): MetadataField {
  return { name, check, tagged: true };
}

function subjectType(...[value, name]: Parameters<Check>): string {
  const type = asText(value, name);
  if (type === 'pairwise') refuse(name, 'pairwise is not supported by this server');
  if (type !== 'public') refuse(name, 'expected public');
  return type;
}

/** Whether the client has the word in this list member already: what was granted may be kept. */
function has(ctx: CheckContext, name: string, word: string): boolean {
  const current = ctx.current[name];
  return isArray(current) && current.includes(word);
}

function refuseRedirectUri(name: string, reason: string): never {
  throw new OAuthError('invalid-redirect-uri', `${name}: ${reason}`, `${name}: ${reason}`);
}
