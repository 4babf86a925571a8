import type { Client } from '../../domain/client.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { ClientAuthenticationFailed } from '../../events/client-events.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import type { Provider, RequestContext } from '../context.ts';
import { tokenProperties } from '../grants/properties.ts';
import type { Params } from '../params/form.ts';
import type { AuthenticatedClient } from './authenticated-client.ts';
import type { ClientAuthMethod, ClientEvidence } from './client-auth-method.ts';
import { clientAuthMethods } from './client-auth-method.ts';
import { ClientAuthenticationError } from './client-authentication-error.ts';
import { compareInVain } from './client-secret.ts';

/**
 * Authenticates the client of a back-channel request. Rejects with `ClientAuthenticationError`, or with an `OAuthError` when
 * the request presents more than one method.
 */
export type ClientAuthentication = (
  ctx: RequestContext,
  request: HttpRequest,
  params: Params,
) => Promise<AuthenticatedClient>;

/** A method with what the request presents for it. */
interface Presented {
  readonly method: ClientAuthMethod;
  readonly evidence: ClientEvidence;
}

/** The methods of a provider, as a request is searched for them. */
interface Methods {
  readonly explicit: readonly ClientAuthMethod[];
  readonly implicit: readonly ClientAuthMethod[];
  /** Names that the configuration accepts. */
  readonly accepted: ReadonlySet<string>;
}

/**
 * The client authentication of an endpoint: exactly one method by evidence, which must be the registered one before anything is
 * verified. A method that is presented and refused is not tried as another. `failed` is told of failures.
 */
export function createClientAuthentication(
  provider: Provider,
  failed: ClientAuthenticationFailed,
): ClientAuthentication {
  const all = [...provider.registry.of(clientAuthMethods).values()];
  const methods: Methods = {
    explicit: all.filter(({ implicit }) => !implicit),
    implicit: all.filter(({ implicit }) => implicit),
    accepted: new Set(provider.settingsOf(tokenProperties).authMethods),
  };
  return async (ctx, request, params) => {
    let presented: readonly Presented[] = [];
    let client: Client | undefined;
    let refusal: string;
    try {
      presented = findEvidence(methods, ctx, request, params);
      const [first] = presented;
      const found = first && provider.clients.get(first.evidence.clientId);
      client = found instanceof Promise ? await found : found;
      const meant = client && meantBy(client, presented);
      if (client && meant && methods.accepted.has(meant.method.name)) {
        const verifying = meant.method.verify(ctx, client, meant.evidence);
        const verification = verifying instanceof Promise ? await verifying : verifying;
        if (verification.proven) return authenticated(client, meant.method.name);
        refusal = verification.reason;
      } else {
        if (first) compareInVain(first.evidence);
        refusal = whyNotVerified(presented, client);
      }
    } catch (error) {
      if (!(error instanceof OAuthError) || error.id !== 'client-authentication-failed') throw error;
      refusal = error.detail;
    }
    throw failure(ctx, failed, { refusal, presented, client });
  };
}

/** What the request presents: one explicit method, or all implicit ones that find something; empty when there is nothing. */
function findEvidence(
  { explicit, implicit }: Methods,
  ctx: RequestContext,
  request: HttpRequest,
  params: Params,
): readonly Presented[] {
  let found: Presented | undefined;
  for (const method of explicit) {
    const evidence = method.find(ctx, request, params);
    if (!evidence) continue;
    if (found) throw new OAuthError('several-client-authentications', `${found.method.name} and ${method.name}`);
    found = { method, evidence };
  }
  if (!found) {
    return implicit.flatMap((method) => {
      const evidence = method.find(ctx, request, params);
      return evidence ? [{ method, evidence }] : [];
    });
  }
  const named = params.get('client_id');
  if (named !== undefined && named !== found.evidence.clientId) {
    throw new OAuthError('client-authentication-failed', 'client_id differs from the authenticated client');
  }
  return [found];
}

/** What is presented for the registered method, and for this very client. */
function meantBy({ id, authMethod }: Client, presented: readonly Presented[]): Presented | undefined {
  return presented.find(({ method, evidence }) => method.name === authMethod && evidence.clientId === id);
}

function whyNotVerified(presented: readonly Presented[], client: Client | undefined): string {
  if (presented.length === 0) return 'missing client authentication';
  if (!client) return 'unknown client';
  const names = namesOf(presented);
  return presented.some(({ method }) => method.name === client.authMethod)
    ? `method ${client.authMethod} is not in op.token.authMethods`
    : `method ${names}, but ${client.authMethod} is registered (token_endpoint_auth_method)`;
}

function failure(
  ctx: RequestContext,
  failed: ClientAuthenticationFailed,
  cause: { readonly refusal: string; readonly presented: readonly Presented[]; readonly client: Client | undefined },
): ClientAuthenticationError {
  const clientAuthId = ctx.provider.random.text(12);
  ctx.emit(failed, {
    cause: cause.refusal,
    // Who swaps ID and secret must not find the secret in the log.
    clientId: cause.client?.id ?? 'unknown',
    method: cause.presented.length === 0 ? undefined : namesOf(cause.presented),
    clientAuthId,
  });
  return new ClientAuthenticationError({ detail: cause.refusal, clientAuthId });
}

function namesOf(presented: readonly Presented[]): string {
  return presented.map(({ method }) => method.name).join(' or ');
}

function authenticated(client: Client, method: string): AuthenticatedClient {
  // The one place where the proof is made.
  return { client, method } as AuthenticatedClient;
}
