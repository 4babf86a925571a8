import { OAuthError } from '../../errors/oauth-error.ts';
import { normalResponseType } from '../clients/compile-client.ts';
import type { Provider } from '../context.ts';
import { responseModes } from '../response-modes/response-mode.ts';
import type { CheckInput } from './checks.ts';
import { authorizeProperties } from './properties.ts';
import { type ResponseType, responseTypes } from './response-type.ts';

/** A response type that the server has, in the client's registration (RFC 6749, section 3.1.1). */
export function servedResponseType({ provider, client, parameters }: CheckInput): ResponseType {
  const requested = parameters.values.get('response_type');
  if (requested === undefined) throw new OAuthError('missing-response-type', 'no response_type');
  const type = provider.registry.of(responseTypes).get(normalResponseType(requested));
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
export function servedResponseMode(input: CheckInput): string {
  const { provider, parameters, redirectUri } = input;
  const mode = parameters.values.get('response_mode') ?? servedResponseType(input).defaultMode;
  if (isServedMode(provider, mode, redirectUri)) return mode;
  throw new OAuthError(
    'unsupported-response-mode',
    `the response mode is not served (op.authz.responseModes=${provider.settingsOf(authorizeProperties).responseModes.join(' ')}), or the redirection URI is none that a form can be posted to`,
  );
}

/** Whether the configuration has the mode, and a browser can deliver it there: forms are posted over http(s) alone. */
export function isServedMode({ settingsOf, registry }: Provider, mode: string, redirectUri: string): boolean {
  if (!settingsOf(authorizeProperties).responseModes.includes(mode) || !registry.of(responseModes).has(mode))
    return false;
  return mode !== 'form_post' || /^https?:/i.test(redirectUri);
}

/** How the client is told of an error before its request is understood: a type that carries tokens is answered in the fragment. */
export function errorMode(provider: Provider, values: ReadonlyMap<string, string>, redirectUri: string): string {
  const mode = values.get('response_mode');
  if (mode !== undefined && isServedMode(provider, mode, redirectUri)) return mode;
  const type = normalResponseType(values.get('response_type') ?? '');
  return /(^| )(token|id_token)( |$)/.test(type) ? 'fragment' : 'query';
}
