import type { Authorization } from '../../domain/authorization.ts';
import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import type { IDTokenOrder } from '../../domain/pending-code.ts';
import type { RequestContext } from '../context.ts';
import { kind } from '../features/kinds.ts';

/** What a successful authorization response rests on. */
export interface AuthorizationGrounds {
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly authorization: Authorization;
  readonly idToken: IDTokenOrder | undefined;
}

/** A part of authorization responses: the code, the access token or the ID token. */
export interface ResponsePart {
  readonly name: string;
  /** The response parameters of the part; `made`: those of the parts before it. */
  make(
    ctx: RequestContext,
    grounds: AuthorizationGrounds,
    made: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>>;
}

/** A response type of the authorization endpoint, words in the order `code id_token token`. */
export interface ResponseType {
  readonly name: string;
  /** The response mode when the request names none. */
  readonly defaultMode: string;
  /** The grant for which a client has to be registered. */
  readonly grantType: string;
  /** In the order in which they are made. */
  readonly parts: readonly ResponsePart[];
}

/** The response types, in the order in which discovery lists them. */
export const responseTypes = kind<ResponseType>('response type');
