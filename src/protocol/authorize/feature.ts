import { fatal, type SettingsProblem } from '../../config/problem.ts';
import type { JsonObject } from '../../domain/json.ts';
import { nonEmpty } from '../../domain/lists.ts';
import type { Provider } from '../context.ts';
import { resolveUrl } from '../discovery/metadata.ts';
import type { Feature } from '../features/feature.ts';
import { add } from '../features/kinds.ts';
import { configuredLimit, fixedLimit } from '../features/limit.ts';
import { checkOffer } from '../features/served-names.ts';
import { responseModes } from '../response-modes/response-mode.ts';
import { maxAsked } from './authentication-policy.ts';
import { authorizationSessions } from './authorization-session.ts';
import { maxAcrLength, maxHints, maxOpaqueLength } from './checks.ts';
import { maxClaimsMembers } from './claims-request.ts';
import { authorizeClientMembers } from './client-members.ts';
import { maxUnknownClaims } from './known-names.ts';
import { maxCustomValue, maxRequestLength } from './parameters.ts';
import { prompts } from './prompt-value.ts';
import { promptValues } from './prompts.ts';
import { type AuthorizeSettings, authorizeProperties } from './properties.ts';
import { maxRemembered } from './remember.ts';
import { maxRequestParameters } from './request-sources.ts';
import { responseTypes } from './response-type.ts';
import { codeResponseType } from './response-types.ts';

/** Authorization requests (OpenID Connect Core, section 3.1.2): what is understood of them, and where they are sent. */
export const authorizeFeature: Feature = {
  name: 'authorize',
  title: 'Authorization requests and the login page',
  properties: authorizeProperties,
  limits: [
    fixedLimit('Parameters of a request', maxRequestParameters, '', { effect: 'Those behind are not looked at' }),
    fixedLimit('The parameters of a request together', maxRequestLength, 'characters', { error: 'invalid-parameter' }),
    fixedLimit('`state`', maxOpaqueLength.state, 'characters', { error: 'invalid-parameter' }),
    fixedLimit('`nonce` and `login_hint`, each', maxOpaqueLength.nonce, 'characters', { error: 'invalid-parameter' }),
    fixedLimit('Value of a voluntary `acr_values`', maxAcrLength, 'characters', { effect: 'It is not looked at' }),
    fixedLimit('`acr_values` that a subject session remembers to have asked for', maxAsked, '', {
      effect: 'The oldest are asked again',
    }),
    fixedLimit('Claims of a request that nobody knows', maxUnknownClaims, '', { effect: 'Those behind are ignored' }),
    fixedLimit('Members of a part of `claims`', maxClaimsMembers, '', { error: 'invalid-parameter' }),
    fixedLimit('`acr_values`, `ui_locales` and `claims_locales`', maxHints, '', {
      effect: 'Those behind are not looked at',
    }),
    fixedLimit('Value of a custom parameter', maxCustomValue, 'characters', { effect: 'It is left out' }),
    configuredLimit('Life of an authorisation session', authorizeProperties.sessionLifetime, {
      error: 'invalid-session',
    }),
    fixedLimit(
      'Values of scope, claims and audience each that are remembered of a subject and client',
      maxRemembered,
      '',
      {
        effect: 'The oldest are asked again',
      },
    ),
  ],
  check(settingsOf, { registry }) {
    const settings = settingsOf(authorizeProperties);
    return [
      ...loginPage(settings),
      ...pkce(settings),
      ...checkOffer(registry, {
        property: authorizeProperties.responseModes.name,
        configured: settings.responseModes,
        kind: responseModes,
        standard: ['query.jwt', 'fragment.jwt', 'form_post.jwt', 'jwt'],
      }),
    ];
  },
  metadata,
  clientMetadata: authorizeClientMembers,
  records: [authorizationSessions],
  registers: () => [add(responseTypes, codeResponseType), add(prompts, ...promptValues)],
};

function loginPage({ endpoint }: AuthorizeSettings): readonly SettingsProblem[] {
  if (endpoint !== undefined) return [];
  const remedy = 'Set it to the URL of the login page, e.g. https://id.example.com/login';
  return [fatal(authorizeProperties.endpoint.name, 'is required', remedy)];
}

function pkce({ allowedPkce, requiredPkce }: AuthorizeSettings): readonly SettingsProblem[] {
  const missing = requiredPkce.filter((method) => !allowedPkce.includes(method));
  if (missing.length === 0) return [];
  const message = `requires ${missing.join(', ')}, which op.authz.allowedPKCE refuses`;
  return [fatal(authorizeProperties.requiredPkce.name, message, 'Add it to op.authz.allowedPKCE.')];
}

function metadata({ issuer, settingsOf, registry }: Provider): JsonObject {
  const settings = settingsOf(authorizeProperties);
  const modes = registry.of(responseModes);
  return {
    authorization_endpoint: resolveUrl(issuer, settings.endpoint ?? 'login'),
    scopes_supported: settings.advertisedScopes,
    claims_supported: settings.advertisedClaims,
    claims_locales_supported: nonEmpty(settings.advertisedClaimsLocales),
    ui_locales_supported: nonEmpty(settings.advertisedUiLocales),
    acr_values_supported: nonEmpty(settings.advertisedAcrs),
    display_values_supported: settings.advertisedDisplayTypes,
    response_types_supported: [...registry.of(responseTypes).keys()],
    response_modes_supported: settings.responseModes.filter((mode) => modes.has(mode)),
    prompt_values_supported: [...registry.of(prompts).keys()],
    code_challenge_methods_supported: settings.allowedPkce,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
    claims_parameter_supported: true,
  };
}
