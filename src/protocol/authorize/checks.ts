import type { Client } from '../../domain/client.ts';
import { parseScope, splitWords } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { jwtFrom } from '../../jose/jwt-from.ts';
import { madeByServer } from '../../jose/signed-by-server.ts';
import { normalResponseType } from '../clients/compile-client.ts';
import type { Provider } from '../context.ts';
import type { ResponseType } from '../registry.ts';
import type { RequestParameters } from './request-sources.ts';

/** What the checks of a request look at: client and redirection URI are known to be good. */
export interface CheckInput {
  readonly provider: Provider;
  readonly client: Client;
  readonly parameters: RequestParameters;
}

/** Longest `state` and `nonce`, in characters. */
const maxOpaqueLength = 2048;

/** No parameter but `resource` may repeat (RFC 6749, section 3.1). */
export function refuseRepeated({ parameters }: CheckInput): void {
  if (parameters.repeated.size === 0) return;
  throw new OAuthError('repeated-parameter', `repeated: ${[...parameters.repeated].join(' ').slice(0, 200)}`);
}

/** Parameters of features that this server does not have are refused, not ignored: they restrict the request. */
export function refuseRequestObjects({ parameters }: CheckInput): void {
  if (parameters.values.has('request')) throw new OAuthError('request-not-supported', 'request');
  if (parameters.values.has('request_uri')) throw new OAuthError('request-uri-not-supported', 'request_uri');
  if (parameters.values.has('registration')) throw new OAuthError('registration-not-supported', 'registration');
}

/** A response type that the server has, in the client's registration (RFC 6749, section 3.1.1). */
export function checkResponseType({ provider, client, parameters }: CheckInput): ResponseType {
  const requested = parameters.values.get('response_type');
  if (requested === undefined) throw new OAuthError('missing-response-type', 'no response_type');
  const type = provider.registry.responseTypes.get(normalResponseType(requested));
  if (!type) throw new OAuthError('unsupported-response-type', 'response_type is not served (op.authz.responseTypes)');
  if (!client.responseTypes.has(type.name) || !client.grantTypes.has(type.grantType)) {
    throw new OAuthError(
      'response-type-not-registered',
      `the client is registered for response_types ${[...client.responseTypes].join(', ')} and grant_types ${[...client.grantTypes].join(' ')}`,
    );
  }
  return type;
}

/** The requested response mode, or that of the response type. */
export function checkResponseMode(
  { provider, parameters }: CheckInput,
  type: ResponseType,
  redirectUri: string,
): string {
  const mode = parameters.values.get('response_mode') ?? type.defaultMode;
  if (isServedMode(provider, mode, redirectUri)) return mode;
  throw new OAuthError(
    'unsupported-response-mode',
    `the response mode is not served (op.authz.responseModes=${provider.settings.authorize.responseModes.join(' ')}), or the redirection URI is none that a form can be posted to`,
  );
}

/** Whether the configuration has the mode, and a browser can deliver it there: forms are posted over http(s) alone. */
export function isServedMode({ settings, registry }: Provider, mode: string, redirectUri: string): boolean {
  if (!settings.authorize.responseModes.includes(mode) || !registry.responseModes.has(mode)) return false;
  return mode !== 'form_post' || /^https?:/i.test(redirectUri);
}

/** The scope values (RFC 6749, section 3.3). */
export function checkScope({ parameters }: CheckInput): readonly string[] {
  const values = parseScope(parameters.values.get('scope') ?? '');
  if (!values) throw new OAuthError('malformed-scope', 'scope has illegal characters or too many values');
  return values;
}

/** PKCE (RFC 7636, section 4.3), required or allowed by the configuration and the client. */
export function checkPkce({ provider, client, parameters }: CheckInput) {
  const { allowedPkce, requiredPkce } = provider.settings.authorize;
  const challenge = parameters.values.get('code_challenge');
  const named = parameters.values.get('code_challenge_method');
  if (challenge === undefined) {
    if (named !== undefined) throw new OAuthError('pkce-required', 'code_challenge_method without code_challenge');
    if (requiredPkce.length > 0) throw new OAuthError('pkce-required', 'op.authz.requiredPKCE');
    if (client.codeChallengeMethod)
      throw new OAuthError('pkce-required', 'the client registered code_challenge_method');
    return {};
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
  return { code_challenge: challenge, code_challenge_method: method } as const;
}

/** A text that is only passed through: bounded, and without control characters. */
export function checkOpaque({ parameters }: CheckInput, name: 'state' | 'nonce' | 'login_hint'): string | undefined {
  const value = parameters.values.get(name);
  if (value === undefined) return undefined;
  if (value.length > maxOpaqueLength) {
    throw new OAuthError(
      'invalid-parameter',
      `${name} has more than ${maxOpaqueLength} characters`,
      `Too long: ${name}`,
    );
  }
  return value;
}

/** The `prompt` values, each of them known (OpenID Connect Core, section 3.1.2.1). */
export function checkPrompt({ provider, parameters }: CheckInput): readonly string[] {
  const values = splitWords(parameters.values.get('prompt') ?? '');
  for (const value of values) {
    const known = provider.registry.prompts.get(value);
    if (!known) throw new OAuthError('invalid-prompt', 'unknown value of prompt');
    if (known.exclusive && values.length > 1) throw new OAuthError('invalid-prompt', `${known.name} must stand alone`);
  }
  const { requireIdTokenHintWithPromptNone } = provider.settings.authorize;
  if (values.includes('none') && requireIdTokenHintWithPromptNone && !parameters.values.has('id_token_hint')) {
    throw new OAuthError('id-token-hint-required', 'op.authz.requireIDTokenHintWithPromptNone');
  }
  return values;
}

/** `max_age` in seconds: the request's, or the client's default. */
export function checkMaxAge({ client, parameters }: CheckInput) {
  const text = parameters.values.get('max_age');
  if (text === undefined) {
    return {
      ...(client.defaultMaxAge === undefined ? {} : { max_age: client.defaultMaxAge }),
      max_age_requested: false,
    };
  }
  if (!/^\d{1,10}$/.test(text)) throw new OAuthError('invalid-parameter', 'max_age is not a number', 'Invalid max_age');
  return { max_age: Number(text), max_age_requested: true };
}

/** `display`: a hint for the login page, from the list of the specification. */
export function checkDisplay({ parameters }: CheckInput): string {
  const display = parameters.values.get('display') ?? 'page';
  if (!['page', 'popup', 'touch', 'wap'].includes(display)) {
    throw new OAuthError('invalid-parameter', 'unknown display', 'Invalid display');
  }
  return display;
}

/** Requested resources: absolute URIs without fragment (RFC 8707, section 2). */
export function checkResource({ parameters }: CheckInput): readonly string[] {
  for (const resource of parameters.resource) {
    if (!URL.canParse(resource) || resource.includes('#')) {
      throw new OAuthError('invalid-target', 'resource must be an absolute URI without fragment');
    }
  }
  return parameters.resource;
}

/**
 * The subject of an `id_token_hint`: an ID token of this server for this client, digitally signed, whose expiry does not
 * matter (OpenID Connect Core, section 3.1.2.1).
 */
export async function checkIdTokenHint({ provider, client, parameters }: CheckInput): Promise<string | undefined> {
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
