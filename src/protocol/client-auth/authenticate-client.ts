import type { Client } from '../../domain/client.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import type { RequestContext } from '../context.ts';
import type { Params } from '../params/form.ts';
import type { ClientAuthMethod, ClientEvidence } from '../registry.ts';
import { errorReply } from '../replies.ts';
import type { AuthenticatedClient } from './authenticated-client.ts';
import { compareInVain } from './methods.ts';

/** A failed client authentication: the same bland text for every cause, and an ID to find the cause in the log. */
export class ClientAuthenticationError extends OAuthError {
  /** 12 random bytes, BASE64URL. */
  readonly clientAuthId: string;
  /** True when the attempt was by HTTP Basic, which is answered with a challenge (RFC 6749, section 5.2). */
  readonly basic: boolean;

  constructor(cause: { readonly detail: string; readonly clientAuthId: string; readonly basic: boolean }) {
    super('client-authentication-failed', cause.detail);
    this.clientAuthId = cause.clientAuthId;
    this.basic = cause.basic;
  }
}

/** The 401 answer to a failed client authentication. */
export function clientAuthenticationReply(error: ClientAuthenticationError): HttpReply {
  return errorReply(error, {
    body: { client_auth_id: error.clientAuthId },
    ...(error.basic ? { headers: { 'WWW-Authenticate': 'Basic' } } : {}),
  });
}

/**
 * Authenticates the client of a back-channel request: exactly one method by evidence, which must be the registered one.
 * `eventId` is the log event of the endpoint for failures. Throws `ClientAuthenticationError`, or `OAuthError` when the
 * request presents more than one method.
 */
export async function authenticateClient(
  ctx: RequestContext,
  request: HttpRequest,
  params: Params,
  eventId: string,
): Promise<AuthenticatedClient> {
  const { registry, clients, clock } = ctx.provider;
  let evidence: ClientEvidence | undefined;
  let refusal: string | undefined;
  let client: Client | undefined;
  try {
    const found = findEvidence(registry.clientAuthMethods, request, params);
    evidence = found?.evidence;
    if (!found) refusal = 'missing client authentication';
    else {
      client = await clients.get(found.evidence.clientId);
      refusal = refuse(ctx, client, found, clock.now());
    }
  } catch (error) {
    if (!(error instanceof OAuthError) || error.id !== 'client-authentication-failed') throw error;
    refusal = error.detail;
  }
  if (refusal === undefined && client && evidence) return proven(client, evidence.method);

  const clientAuthId = ctx.provider.random.text(12);
  ctx.log.info(eventId, 'Client authentication failed', {
    cause: refusal,
    // Who swaps ID and secret must not find the secret in the log.
    clientId: client?.id ?? 'unknown',
    method: evidence?.method,
    clientAuthId,
  });
  const basic = /^basic( |$)/i.test(String(request.headers['authorization']));
  throw new ClientAuthenticationError({ detail: refusal ?? 'unknown', clientAuthId, basic });
}

interface FoundEvidence {
  readonly method: ClientAuthMethod;
  readonly evidence: ClientEvidence;
}

function findEvidence(
  methods: ReadonlyMap<string, ClientAuthMethod>,
  request: HttpRequest,
  params: Params,
): FoundEvidence | undefined {
  let found: FoundEvidence | undefined;
  for (const method of methods.values()) {
    // A client_id alone is evidence for `none` only where there is no other.
    if (method.name === 'none') continue;
    const evidence = method.find(request, params);
    if (!evidence) continue;
    if (found) throw new OAuthError('several-client-authentications', `${found.method.name} and ${method.name}`);
    found = { method, evidence };
  }
  if (found) {
    const named = params.get('client_id');
    if (named !== undefined && named !== found.evidence.clientId) {
      throw new OAuthError('client-authentication-failed', 'client_id differs from the authenticated client');
    }
    return found;
  }
  const none = methods.get('none');
  const evidence = none?.find(request, params);
  return none && evidence && { method: none, evidence };
}

function refuse(
  ctx: RequestContext,
  client: Client | undefined,
  found: FoundEvidence,
  now: number,
): string | undefined {
  const { method, evidence } = found;
  if (!client) {
    compareInVain(evidence);
    return 'unknown client';
  }
  const refusal = method.refuse(client, evidence, now);
  if (client.authMethod !== method.name) {
    return `method ${method.name}, but ${client.authMethod} is registered (token_endpoint_auth_method)`;
  }
  if (!ctx.provider.settings.token.authMethods.includes(method.name)) {
    return `method ${method.name} is not in op.token.authMethods`;
  }
  return refusal;
}

function proven(client: Client, method: string): AuthenticatedClient {
  // The one place where the proof is made.
  return { client, method } as AuthenticatedClient;
}
