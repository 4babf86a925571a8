import type { ResponseType } from './authorize/response-type.ts';
import type { ClientAuthMethod } from './client-auth/client-auth-method.ts';
import type { ProviderSettings, RequestContext } from './context.ts';
import type { TokenRequest } from './grants/token-request.ts';
import type { TokenDecision } from './issuing/token-decision.ts';
import type { ResponseMode } from './response-modes/response-mode.ts';
import type { SenderConstraint } from './sender-constraint/sender-constraint.ts';

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
  decide(ctx: RequestContext, request: TokenRequest): TokenDecision | Promise<TokenDecision>;
  /** Parameters, beside `resource` (RFC 8707), that may come more than once; they are read with `many` alone. */
  readonly repeatable?: readonly string[];
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
  readonly senderConstraints: ReadonlyMap<string, SenderConstraint>;
}

/** What is registered. */
export interface Registrations {
  readonly grantTypes: readonly GrantType[];
  readonly clientAuthMethods: readonly ClientAuthMethod[];
  readonly responseModes: readonly ResponseMode[];
  readonly responseTypes: readonly ResponseType[];
  readonly prompts: readonly PromptValue[];
  readonly senderConstraints?: readonly SenderConstraint[];
}

/** Builds the registry. Throws an `Error` when two registrations of a kind have the same name. */
export function createRegistry(registrations: Registrations): Registry {
  return {
    grantTypes: byName('grant type', registrations.grantTypes),
    clientAuthMethods: byName('client authentication method', registrations.clientAuthMethods),
    responseModes: byName('response mode', registrations.responseModes),
    responseTypes: byName('response type', registrations.responseTypes),
    prompts: byName('prompt', registrations.prompts),
    senderConstraints: byName('sender constraint', registrations.senderConstraints ?? []),
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
