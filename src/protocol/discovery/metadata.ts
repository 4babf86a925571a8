import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Provider } from '../context.ts';
import { supportedIdTokenAlgs } from '../issuing/id-token.ts';

/**
 * The provider's metadata (OpenID Connect Discovery, section 3; RFC 8414), derived from the registry, the keys and the
 * settings: what is not served is not in it. The overlay is applied last.
 */
export function providerMetadata(provider: Provider): JsonObject {
  const { settings, registry, issuer } = provider;
  const authMethods = settings.token.authMethods.filter((name) => registry.clientAuthMethods.has(name));
  const metadata: JsonObject = {
    issuer,
    authorization_endpoint: resolveUrl(issuer, settings.authorize.endpoint ?? 'login'),
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    registration_endpoint: `${issuer}/clients`,
    introspection_endpoint: `${issuer}/token/introspect`,
    revocation_endpoint: `${issuer}/token/revoke`,
    jwks_uri: `${issuer}/jwks.json`,
    scopes_supported: settings.authorize.advertisedScopes,
    claims_supported: settings.authorize.advertisedClaims,
    claims_locales_supported: nonEmpty(settings.authorize.advertisedClaimsLocales),
    ui_locales_supported: nonEmpty(settings.authorize.advertisedUiLocales),
    acr_values_supported: nonEmpty(settings.authorize.advertisedAcrs),
    display_values_supported: settings.authorize.advertisedDisplayTypes,
    response_types_supported: [...registry.responseTypes.keys()],
    response_modes_supported: settings.authorize.responseModes.filter((mode) => registry.responseModes.has(mode)),
    prompt_values_supported: [...registry.prompts.keys()],
    grant_types_supported: [...registry.grantTypes.values()]
      .filter((grant) => grant.isEnabled(settings))
      .map((grant) => grant.name),
    code_challenge_methods_supported: settings.authorize.allowedPkce,
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: authMethods,
    introspection_endpoint_auth_methods_supported: authMethods.filter((name) => name !== 'none'),
    revocation_endpoint_auth_methods_supported: authMethods,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
    id_token_signing_alg_values_supported: supportedIdTokenAlgs(provider),
    claim_types_supported: ['normal', 'aggregated', 'distributed'],
    claims_parameter_supported: true,
    service_documentation: optionalUrl(issuer, settings.general.serviceDocs),
    op_policy_uri: optionalUrl(issuer, settings.general.policy),
    op_tos_uri: optionalUrl(issuer, settings.general.tos),
  };
  return overlaid(metadata, settings.general.metadataOverlay);
}

/** Resolves a URL that may be relative to the issuer: `login` and `/login` both stand below the issuer's path. */
export function resolveUrl(issuer: string, reference: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(reference) ? reference : `${issuer}/${reference.replace(/^\/+/, '')}`;
}

function optionalUrl(issuer: string, reference: string | undefined): string | undefined {
  return reference === undefined ? undefined : resolveUrl(issuer, reference);
}

function nonEmpty(values: readonly string[]): readonly string[] | undefined {
  return values.length === 0 ? undefined : values;
}

function overlaid(metadata: JsonObject, overlay: unknown): JsonObject {
  if (!isJsonObject(overlay)) return metadata;
  const merged = { ...metadata, ...overlay };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
