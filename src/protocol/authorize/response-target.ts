import type { Client } from '../../domain/client.ts';
import type { OAuthError } from '../../errors/oauth-error.ts';
import type { Provider } from '../context.ts';
import type { ResponseDelivery } from '../registry.ts';

/** Where an authorization response may go: the client and its redirection URI are known to be good. */
export interface ResponseTarget {
  readonly client: Client;
  readonly redirectUri: string;
  /** A registered response mode. */
  readonly responseMode: string;
  readonly state: string | undefined;
}

/** The part of a request or target that a response needs. */
type Addressee = Pick<ResponseTarget, 'redirectUri' | 'responseMode' | 'state'>;

/** Lays response parameters for the client into its redirection URI, with `state` and `iss` (RFC 9207). */
export function deliverResponse(
  provider: Provider,
  to: Addressee,
  parameters: Readonly<Record<string, string>>,
): ResponseDelivery {
  const mode = provider.registry.responseModes.get(to.responseMode);
  if (!mode) throw new Error(`the response mode ${to.responseMode} is not registered`);
  return mode.deliver(to.redirectUri, {
    ...parameters,
    ...(to.state === undefined ? {} : { state: to.state }),
    iss: provider.issuer,
  });
}

/** An error response for the client (RFC 6749, section 4.1.2.1). */
export function deliverError(provider: Provider, to: Addressee, error: OAuthError): ResponseDelivery {
  return deliverResponse(provider, to, { error: error.code, error_description: error.description });
}
