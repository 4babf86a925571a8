import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import { matchRedirectUri } from '../../domain/redirect-uri.ts';
import { splitWords } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { RequestContext } from '../context.ts';
import type { ResponseTarget } from '../response-modes/response-mode.ts';
import { type CheckInput, refuseRepeated, refuseRequestObjects } from './checks.ts';
import { parseClaimsRequest } from './claims-request.ts';
import { hintedSubject } from './id-token-hint.ts';
import { readRequest } from './parameters.ts';
import { authorizeProperties } from './properties.ts';
import type { RequestParameters } from './request-sources.ts';
import { errorMode } from './response-checks.ts';

/** A request that has passed all checks. */
export interface AcceptedRequest {
  readonly ok: true;
  readonly client: Client;
  readonly request: AuthorizationRequest;
  /** The subject that the request insists on, by hint or by the `sub` claim. */
  readonly requiredSubject: string | undefined;
}

/** A request that is refused, in a way that the client may be told at its redirection URI. */
export interface RefusedRequest {
  readonly ok: false;
  readonly error: OAuthError;
  readonly target: ResponseTarget;
}

/**
 * Checks an authorization request. Phase A, client and redirection URI: a failure throws `OAuthError`, is shown to the user,
 * and must never cause a redirect. Phase B, everything else: a failure is returned with the place where it may be sent.
 */
export async function checkAuthorizationRequest(
  ctx: RequestContext,
  parameters: RequestParameters,
): Promise<AcceptedRequest | RefusedRequest> {
  const target = await findTarget(ctx, parameters);
  try {
    return await acceptRequest(ctx, target, parameters);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return { ok: false, error, target };
  }
}

/** Phase A. */
async function findTarget(ctx: RequestContext, { values, repeated }: RequestParameters): Promise<ResponseTarget> {
  const { clients, settingsOf } = ctx.provider;
  for (const name of ['client_id', 'redirect_uri']) {
    if (repeated.has(name)) throw new OAuthError('repeated-parameter', `repeated: ${name}`, `Repeated ${name}`);
  }
  const clientId = values.get('client_id');
  const client = clientId === undefined ? undefined : await clients.get(clientId);
  if (!client) throw new OAuthError('unknown-client', clientId === undefined ? 'missing' : 'not registered');

  const requested = values.get('redirect_uri');
  const [single, ...others] = client.redirectUris;
  const redirectUri = requested ?? (others.length === 0 ? single : undefined);
  // OpenID Connect Core, section 3.1.2.1, has no default redirection URI.
  const openid = splitWords(values.get('scope') ?? '').includes('openid');
  if (
    redirectUri === undefined ||
    (requested === undefined && (openid || settingsOf(authorizeProperties).alwaysRequireRedirectUri))
  ) {
    throw new OAuthError('missing-redirect-uri', 'required for OpenID requests and with several registered URIs');
  }
  if (!matchRedirectUri(client, redirectUri)) {
    throw new OAuthError('unregistered-redirect-uri', 'redirect_uri matches none of the registered redirect_uris');
  }
  return {
    client,
    redirectUri,
    responseMode: errorMode(ctx.provider, values, redirectUri),
    state: values.get('state'),
  };
}

/** Phase B. */
async function acceptRequest(
  { provider }: RequestContext,
  { client, redirectUri }: ResponseTarget,
  parameters: RequestParameters,
): Promise<AcceptedRequest> {
  refuseRepeated(parameters);
  refuseRequestObjects(parameters);
  const claimsText = parameters.values.get('claims');
  const claims = claimsText === undefined ? undefined : parseClaimsRequest(claimsText);
  const input: CheckInput = { provider, client, parameters, redirectUri, claims };
  const request = readRequest(input);
  const hinted = await hintedSubject(input);
  if (hinted !== undefined && claims?.sub !== undefined && hinted !== claims.sub) {
    throw new OAuthError('invalid-id-token-hint', 'the hint and the sub claim request name different subjects');
  }
  return { ok: true, client, request, requiredSubject: hinted ?? claims?.sub };
}
