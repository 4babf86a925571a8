import { isControlWord } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import { parseScope, splitWords } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { Provider } from '../context.ts';
import { refuseUnregistered, requestedResources } from '../resources.ts';
import type { ClaimsRequest } from './claims-request.ts';
import { prompts } from './prompt-value.ts';
import { authorizeProperties } from './properties.ts';
import type { RequestParameters } from './request-sources.ts';

/** What the checks of a request look at: client and redirection URI are known to be good. */
export interface CheckInput {
  readonly provider: Provider;
  readonly client: Client;
  readonly parameters: RequestParameters;
  readonly redirectUri: string;
  /** The `claims` parameter, taken apart. */
  readonly claims: ClaimsRequest | undefined;
}

/** Longest texts that are only passed through, in characters. Clients put whole return addresses, encrypted, into `state`. */
export const maxOpaqueLength = { state: 8192, nonce: 2048, login_hint: 2048 } as const;

/** Locales and authentication context classes that are looked at. */
export const maxHints = 20;

/** Longest voluntary authentication context class that is looked at, in characters: sessions remember what was asked for. */
export const maxAcrLength = 255;

/** No parameter but `resource` may repeat (RFC 6749, section 3.1). */
export function refuseRepeated({ repeated }: RequestParameters): void {
  if (repeated.size === 0) return;
  throw new OAuthError('repeated-parameter', `repeated: ${[...repeated].join(' ').slice(0, 200)}`);
}

/** Parameters of features that this server does not have are refused, not ignored: they restrict the request. */
export function refuseRequestObjects({ values }: RequestParameters): void {
  if (values.has('request')) throw new OAuthError('request-not-supported', 'request');
  if (values.has('request_uri')) throw new OAuthError('request-uri-not-supported', 'request_uri');
  if (values.has('registration')) throw new OAuthError('registration-not-supported', 'registration');
}

/** The scope values (RFC 6749, section 3.3). */
export function scopeOf({ parameters }: CheckInput): readonly string[] {
  const values = parseScope(parameters.values.get('scope') ?? '');
  if (!values) throw new OAuthError('malformed-scope', 'scope has illegal characters or too many values');
  if (values.some(isControlWord))
    throw new OAuthError('malformed-scope', 'a value is a control word of the login page');
  return values;
}

/** PKCE (RFC 7636, section 4.3), required or allowed by the configuration and the client. */
export function pkceOf({ provider, client, parameters }: CheckInput) {
  const { allowedPkce, requiredPkce } = provider.settingsOf(authorizeProperties);
  const challenge = parameters.values.get('code_challenge');
  const named = parameters.values.get('code_challenge_method');
  if (challenge === undefined) {
    if (named !== undefined) throw new OAuthError('pkce-required', 'code_challenge_method without code_challenge');
    if (requiredPkce.length > 0) throw new OAuthError('pkce-required', 'op.authz.requiredPKCE');
    if (client.codeChallengeMethod)
      throw new OAuthError('pkce-required', 'the client registered code_challenge_method');
    return { challenge: undefined, method: undefined } as const;
  }
  const method = named ?? 'plain';
  if (method !== 'S256' && method !== 'plain')
    throw new OAuthError('pkce-method-refused', 'unknown code_challenge_method');
  const accepted = requiredPkce.length > 0 ? requiredPkce : allowedPkce;
  if (!accepted.includes(method)) {
    throw new OAuthError('pkce-method-refused', 'op.authz.allowedPKCE or op.authz.requiredPKCE excludes the method');
  }
  if (client.codeChallengeMethod && client.codeChallengeMethod !== method) {
    throw new OAuthError(
      'pkce-method-refused',
      `the client registered code_challenge_method ${client.codeChallengeMethod}`,
    );
  }
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(challenge)) throw new OAuthError('pkce-malformed', 'code_challenge syntax');
  return { challenge, method } as const;
}

/** A text that is only passed through: bounded, and without control characters. */
export function opaqueOf({ parameters }: CheckInput, name: keyof typeof maxOpaqueLength): string | undefined {
  const value = parameters.values.get(name);
  const most = maxOpaqueLength[name];
  if (value === undefined || value.length <= most) return value;
  throw new OAuthError(
    'invalid-parameter',
    `${name} has ${value.length} characters, at most ${most}`,
    `Too long: ${name}`,
  );
}

/** The `prompt` values, each of them known (OpenID Connect Core, section 3.1.2.1). */
export function promptOf({ provider, parameters }: CheckInput): readonly string[] {
  const values = splitWords(parameters.values.get('prompt') ?? '');
  for (const value of values) {
    const known = provider.registry.of(prompts).get(value);
    if (!known) throw new OAuthError('invalid-prompt', 'unknown value of prompt');
    if (known.exclusive && values.length > 1) throw new OAuthError('invalid-prompt', `${known.name} must stand alone`);
  }
  const { requireIdTokenHintWithPromptNone } = provider.settingsOf(authorizeProperties);
  if (values.includes('none') && requireIdTokenHintWithPromptNone && !parameters.values.has('id_token_hint')) {
    throw new OAuthError('id-token-hint-required', 'op.authz.requireIDTokenHintWithPromptNone');
  }
  return values;
}

/** `max_age` in seconds: the request's, or the client's default. */
export function maxAgeOf({ client, parameters }: CheckInput): number | undefined {
  const text = parameters.values.get('max_age');
  if (text === undefined) return client.defaultMaxAge;
  if (!/^\d{1,10}$/.test(text)) throw new OAuthError('invalid-parameter', 'max_age is not a number', 'Invalid max_age');
  return Number(text);
}

/** `display`: a hint for the login page, from the list of the specification. */
export function displayOf({ parameters }: CheckInput): string {
  const display = parameters.values.get('display') ?? 'page';
  if (!['page', 'popup', 'touch', 'wap'].includes(display)) {
    throw new OAuthError('invalid-parameter', 'unknown display', 'Invalid display');
  }
  return display;
}

/** The requested authentication context classes: of the `claims` parameter, else of `acr_values`, else the client's own. */
export function requestedAcr({ client, parameters, claims }: CheckInput) {
  if (claims?.acr?.essential) return claims.acr;
  const requested = claims?.acr?.values ?? splitWords(parameters.values.get('acr_values') ?? '');
  const values = requested.length > 0 ? requested : client.defaultAcrValues;
  return { values: values.filter((value) => value.length <= maxAcrLength).slice(0, maxHints), essential: false };
}

/** Locales in order of preference. */
export function localesOf({ parameters }: CheckInput, name: 'ui_locales' | 'claims_locales'): readonly string[] {
  return splitWords(parameters.values.get(name) ?? '').slice(0, maxHints);
}

/** Requested resources (RFC 8707, section 2), among the registered ones where the client has registered any. */
export function resourcesOf({ client, parameters }: CheckInput): readonly string[] {
  const resources = requestedResources(parameters.resource);
  refuseUnregistered(client, resources);
  return resources;
}
