import type { Client } from '../../domain/client.ts';
import type { RequestContext } from '../context.ts';
import { kind } from '../features/kinds.ts';

/** How an authorization response reaches the client, as the `response` message of the web API has it. */
export interface ResponseDelivery {
  readonly mode: string;
  readonly parameters: { readonly uri: string; readonly form?: Readonly<Record<string, string>> };
}

/** Where an authorization response may go: the client and its redirection URI are known to be good. */
export interface ResponseTarget {
  readonly client: Client;
  readonly redirectUri: string;
  /** A registered response mode. */
  readonly responseMode: string;
  readonly state: string | undefined;
}

/** A response mode of the authorization endpoint. */
export interface ResponseMode {
  readonly name: string;
  /** Lays the response parameters, of a success or an error, into the redirection URI or beside it. */
  deliver(
    ctx: RequestContext,
    target: ResponseTarget,
    parameters: Readonly<Record<string, string>>,
  ): ResponseDelivery | Promise<ResponseDelivery>;
}

/** The response modes. */
export const responseModes = kind<ResponseMode>('response mode');
