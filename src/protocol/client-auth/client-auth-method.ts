import type { Client } from '../../domain/client.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import type { RequestContext } from '../context.ts';
import { kind } from '../features/kinds.ts';
import type { Params } from '../params/form.ts';

/** What a request presents to authenticate a client. */
export interface ClientEvidence {
  /** Who it claims to be: not yet believed. */
  readonly clientId: string;
  /** The presented secret or assertion; empty where the method has none. */
  readonly credential: string;
}

/** Whether evidence proves the client; if not, why not: for the operator's log alone. */
export type Verification = { readonly proven: true } | { readonly proven: false; readonly reason: string };

/** The evidence proves the client. */
export const proven: Verification = Object.freeze({ proven: true });

/** The evidence does not prove the client. */
export function disproved(reason: string): Verification {
  return { proven: false, reason };
}

/**
 * A client authentication method (RFC 6749, section 2.3; OpenID Connect Core, section 9), in two steps: what a request presents
 * is held against the registered method of the client in between.
 */
export interface ClientAuthMethod {
  readonly name: string;
  /** Whether clients of this method need a secret. */
  readonly needsSecret: boolean;
  /**
   * Whether a request presents nothing for it but `client_id`, and at most what the connection shows by itself (`none`, mutual
   * TLS). Such evidence counts where there is no other, and which of these methods is meant the registration tells.
   */
  readonly implicit: boolean;
  /**
   * Its evidence in the request, if there is any. Cheap: looks at nothing but the request and the settings, and verifies
   * nothing. Throws `client-authentication-failed` for malformed evidence.
   */
  find(ctx: RequestContext, request: HttpRequest, params: Params): ClientEvidence | undefined;
  /**
   * Whether the evidence proves the client. Asked only for a client that is registered for this method, so that nobody else
   * can make the server fetch, decrypt or spend anything. May throw an `OAuthError` to answer another error.
   */
  verify(ctx: RequestContext, client: Client, evidence: ClientEvidence): Verification | Promise<Verification>;
}

/**
 * How much it takes to pretend to be a client of the method: 0 where its ID is enough, 1 for a secret that the server knows as
 * well, 2 for anything else, such as a private key.
 */
export function strengthOf({ name, needsSecret }: ClientAuthMethod): number {
  if (name === 'none') return 0;
  return needsSecret ? 1 : 2;
}

/** The client authentication methods, in the order in which they are looked for. */
export const clientAuthMethods = kind<ClientAuthMethod>('client authentication method');
