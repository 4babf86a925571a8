import type { ResponseType } from './authorize/response-type.ts';
import type { ClientAuthMethod } from './client-auth/client-auth-method.ts';
import type { ProviderSettings, RequestContext } from './context.ts';
import { type Additions, kind } from './features/kinds.ts';
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

/** The grant types, in the order in which discovery lists them; so are the other kinds. */
export const grantTypes = kind<GrantType>('grant type');
/** The client authentication methods. */
export const clientAuthMethods = kind<ClientAuthMethod>('client authentication method');
/** The response types. */
export const responseTypes = kind<ResponseType>('response type');
/** The response modes. */
export const responseModes = kind<ResponseMode>('response mode');
/** The values of `prompt`. */
export const prompts = kind<PromptValue>('prompt');

/** The ways to bind tokens to a key of the client. */
export const senderConstraints = kind<SenderConstraint>('sender constraint');

/** What the features add, with the kinds of the wire names as members. */
export interface Registry extends Additions {
  readonly grantTypes: ReadonlyMap<string, GrantType>;
  readonly clientAuthMethods: ReadonlyMap<string, ClientAuthMethod>;
  readonly responseModes: ReadonlyMap<string, ResponseMode>;
  readonly responseTypes: ReadonlyMap<string, ResponseType>;
  readonly prompts: ReadonlyMap<string, PromptValue>;
  readonly senderConstraints: ReadonlyMap<string, SenderConstraint>;
}

/** Makes the registry of what was gathered. */
export function createRegistry(additions: Additions): Registry {
  return {
    ...additions,
    grantTypes: additions.of(grantTypes),
    clientAuthMethods: additions.of(clientAuthMethods),
    responseModes: additions.of(responseModes),
    responseTypes: additions.of(responseTypes),
    prompts: additions.of(prompts),
    senderConstraints: additions.of(senderConstraints),
  };
}
