import type { ClientCertificate } from '../../domain/client-certificate.ts';
import type { Confirmation } from '../../domain/confirmation.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import type { Params } from '../params/form.ts';

/** A request to the token endpoint, with what its sender has proved: what a grant decides on. */
export interface TokenRequest {
  readonly client: AuthenticatedClient;
  /** Parameters that came once. */
  readonly params: Params;
  /** The values of a parameter that may repeat (`resource`, and what the grant declares), in order. */
  many(name: string): readonly string[];
  /** Keys whose possession the request proves; what is issued will be bound to them. */
  readonly confirmation: Confirmation | undefined;
  /** The client certificate of the connection, if there is one. */
  readonly certificate: ClientCertificate | undefined;
}
