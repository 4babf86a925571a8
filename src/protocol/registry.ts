import type { Authorization } from '../domain/authorization.ts';
import type { AuthorizationRequest } from '../domain/authorization-request.ts';
import type { Client } from '../domain/client.ts';
import type { IDTokenOrder } from '../domain/pending-code.ts';
import type { HttpRequest } from '../ports/endpoint.ts';
import type { AuthenticatedClient } from './client-auth/authenticated-client.ts';
import type { ProviderSettings, RequestContext } from './context.ts';
import type { TokenDecision } from './issuing/token-decision.ts';
import type { Params } from './params/form.ts';

/** A grant of the token endpoint (RFC 6749, section 4). */
export interface GrantType {
  /** The `grant_type` value. */
  readonly name: string;
  /** Name of the grant in metrics, e.g. `clientCredentials`. */
  readonly metric: string;
  /** Whether the configuration offers it; otherwise it is neither served nor published. */
  isEnabled(settings: ProviderSettings): boolean;
  /** Whether clients may register for it without a privileged token. */
  readonly openToAll: boolean;
  /**
   * Validates the request and spends what the grant rests on, in one atomic store operation. Returns what may be issued and
   * signs nothing. Throws `OAuthError`.
   */
  decide(ctx: RequestContext, client: AuthenticatedClient, params: Params): TokenDecision | Promise<TokenDecision>;
}

/** What a request presents to authenticate a client. */
export interface ClientEvidence {
  readonly method: string;
  readonly clientId: string;
  /** The presented secret or assertion; empty for `none`. */
  readonly credential: string;
}

/** A client authentication method (RFC 6749, section 2.3; OpenID Connect Core, section 9). */
export interface ClientAuthMethod {
  readonly name: string;
  /** Its evidence in the request, if there is any. Throws `OAuthError` for malformed evidence. */
  find(request: HttpRequest, params: Params): ClientEvidence | undefined;
  /** The reason why the evidence does not prove the client, for the log; `undefined` when it does. */
  refuse(client: Client, evidence: ClientEvidence, now: number): string | undefined;
  /** Whether clients of this method need a secret. */
  readonly needsSecret: boolean;
}

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

/** A value of `prompt`. */
export interface PromptValue {
  readonly name: string;
  /** May not stand beside other values. */
  readonly exclusive: boolean;
  /** Forces the step of the authorisation session of that name. */
  readonly forces: 'auth' | 'consent' | undefined;
}

/** Everything that discovery, registration and the endpoints look up by a wire name. Built-ins and plugins register alike. */
export interface Registry {
  readonly grantTypes: ReadonlyMap<string, GrantType>;
  readonly clientAuthMethods: ReadonlyMap<string, ClientAuthMethod>;
  readonly responseModes: ReadonlyMap<string, ResponseMode>;
  readonly responseTypes: ReadonlyMap<string, ResponseType>;
  readonly prompts: ReadonlyMap<string, PromptValue>;
}

/** What is registered. */
export interface Registrations {
  readonly grantTypes: readonly GrantType[];
  readonly clientAuthMethods: readonly ClientAuthMethod[];
  readonly responseModes: readonly ResponseMode[];
  readonly responseTypes: readonly ResponseType[];
  readonly prompts: readonly PromptValue[];
}

/** Builds the registry. Throws an `Error` when two registrations of a kind have the same name. */
export function createRegistry(registrations: Registrations): Registry {
  return {
    grantTypes: byName('grant type', registrations.grantTypes),
    clientAuthMethods: byName('client authentication method', registrations.clientAuthMethods),
    responseModes: byName('response mode', registrations.responseModes),
    responseTypes: byName('response type', registrations.responseTypes),
    prompts: byName('prompt', registrations.prompts),
  };
}

function byName<T extends { readonly name: string }>(kind: string, items: readonly T[]): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const item of items) {
    if (map.has(item.name)) throw new Error(`the ${kind} ${item.name} is registered twice`);
    map.set(item.name, item);
  }
  return map;
}
