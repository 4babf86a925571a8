import type { Client } from '../../domain/client.ts';

declare const proof: unique symbol;

/**
 * A client that has proved its identity in this request (a public one: that has named itself). Only `authenticateClient`
 * makes one; a function that needs an authenticated client asks for this type.
 */
export interface AuthenticatedClient {
  readonly client: Client;
  readonly method: string;
  readonly [proof]: true;
}
