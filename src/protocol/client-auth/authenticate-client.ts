import type { Client } from '../../domain/client.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { ClientAuthenticationFailed } from '../../events/client-events.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import type { Provider, RequestContext } from '../context.ts';
import { tokenProperties } from '../grants/properties.ts';
import type { Params } from '../params/form.ts';
import type { AuthenticatedClient } from './authenticated-client.ts';
import type { ClientAuthMethod, ClientEvidence, Verification } from './client-auth-method.ts';
import { clientAuthMethods } from './client-auth-method.ts';
import { ClientAuthenticationError } from './client-authentication-error.ts';
import { compareInVain, secretMethods } from './client-secret.ts';

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
  /** `op.token.allowEitherSecretMethod`. */
  readonly eitherSecretMethod: boolean;
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
    eitherSecretMethod: provider.settingsOf(tokenProperties).eitherSecretMethod,
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
      const attempt = tryOut(methods, ctx, client, presented);
      let outcome = attempt instanceof Promise ? await attempt : attempt;
      if (typeof outcome === 'string' && client) {
        // Another process may have given it a new secret since this one has read it.
        const current = await provider.clients.reread(client);
        if (current) outcome = await tryOut(methods, ctx, current, presented);
      }
      if (typeof outcome !== 'string') return outcome;
      refusal = outcome;
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
    if (found) {
      const detail = `${found.method.name} and ${method.name}: exactly one per request (RFC 6749, section 2.3)`;
      throw new OAuthError('several-client-authentications', detail);
    }
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

/** The client, if what is presented for its method proves it; otherwise the reason why not. */
function tryOut(
  methods: Methods,
  ctx: RequestContext,
  client: Client | undefined,
  presented: readonly Presented[],
): AuthenticatedClient | string | Promise<AuthenticatedClient | string> {
  const meant = client && meantBy(methods, client, presented);
  if (!client || !meant || !methods.accepted.has(meant.method.name)) {
    if (presented[0]) compareInVain(presented[0].evidence);
    return whyNotVerified(methods, presented, client);
  }
  const settled = (verification: Verification) =>
    verification.proven ? authenticated(client, meant.method.name) : verification.reason;
  const verifying = meant.method.verify(ctx, client, meant.evidence);
  return verifying instanceof Promise ? verifying.then(settled) : settled(verifying);
}

/** What is presented for the registered method, and for this very client. */
function meantBy(methods: Methods, { id, authMethod }: Client, presented: readonly Presented[]): Presented | undefined {
  return presented.find(
    ({ method: { name }, evidence }) =>
      evidence.clientId === id &&
      (name === authMethod || (methods.eitherSecretMethod && isSameSecret(name, authMethod))),
  );
}

/** Whether both methods send the secret itself, so that neither proves less than the other. */
function isSameSecret(one: string, other: string): boolean {
  return secretMethods.has(one) && secretMethods.has(other);
}

function whyNotVerified(methods: Methods, presented: readonly Presented[], client: Client | undefined): string {
  if (presented.length === 0) return 'missing client authentication';
  if (!client) return 'unknown client';
  const names = namesOf(presented);
  const meant = meantBy(methods, client, presented);
  if (meant) return `method ${meant.method.name} is not in op.token.authMethods (${[...methods.accepted].join(' ')})`;
  const either = presented.some(({ method }) => isSameSecret(method.name, client.authMethod));
  const property = either ? ', and op.token.allowEitherSecretMethod is false' : '';
  return `method ${names}, but ${client.authMethod} is registered (token_endpoint_auth_method)${property}`;
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
