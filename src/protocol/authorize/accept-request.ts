import { quotedValue } from '../../config/mask.ts';
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
 * Checks an authorization request. Phase A, client and redirection URI: a failure throws `OAuthError`, is quotedValue to the user,
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
  for (const name of ['client_id', 'redirect_uri']) {
    if (!repeated.has(name)) continue;
    throw new OAuthError('repeated-parameter', `${asked(values)}: ${name} is there more than once`, `Repeated ${name}`);
  }
  const clientId = values.get('client_id');
  const client = clientId === undefined ? undefined : await ctx.provider.clients.get(clientId);
  if (!client) {
    throw new OAuthError(
      'unknown-client',
      clientId === undefined ? 'no client_id' : `${asked(values)}: not registered`,
    );
  }
  const { current, redirectUri } = await checkedRedirectUri(ctx, client, values);
  return {
    client: current,
    redirectUri,
    responseMode: errorMode(ctx.provider, values, redirectUri),
    state: values.get('state'),
  };
}

/** The redirection URI, with the client as it was found to have it. Throws `OAuthError`. */
async function checkedRedirectUri(ctx: RequestContext, client: Client, values: RequestParameters['values']) {
  const redirectUri = givenRedirectUri(ctx, client, values);
  if (matchRedirectUri(client, redirectUri)) return { current: client, redirectUri };
  // It may have been registered by another process since this one has read the client.
  const current = await ctx.provider.clients.reread(client);
  if (current && matchRedirectUri(current, redirectUri)) return { current, redirectUri };
  const { applicationType, redirectUris } = current ?? client;
  const rule = 'compared exactly (RFC 9700, section 2.1), but for the port of loopback URIs of native clients';
  throw new OAuthError(
    'unregistered-redirect-uri',
    `client ${client.id} (${applicationType}): redirect_uri ${quotedValue(redirectUri)} is none of its redirect_uris ${registered(redirectUris)}: ${rule}`,
  );
}

function givenRedirectUri(ctx: RequestContext, client: Client, values: RequestParameters['values']): string {
  const requested = values.get('redirect_uri');
  if (requested !== undefined) return requested;
  const [single, ...others] = client.redirectUris;
  // OpenID Connect Core, section 3.1.2.1, has no default redirection URI.
  const openid = splitWords(values.get('scope') ?? '').includes('openid');
  const required = ctx.provider.settingsOf(authorizeProperties).alwaysRequireRedirectUri;
  if (single !== undefined && others.length === 0 && !openid && !required) return single;
  throw new OAuthError(
    'missing-redirect-uri',
    `client ${client.id}: no redirect_uri, which OpenID requests need (scope openid), clients of several redirect_uris (it has ${client.redirectUris.length}), and all with op.authz.alwaysRequireRedirectURI (${required})`,
  );
}

/** Who asks for what, as far as the request says. */
function asked(values: RequestParameters['values']): string {
  const uri = values.get('redirect_uri');
  return `client_id ${quotedValue(values.get('client_id') ?? '')}${uri === undefined ? '' : `, redirect_uri ${quotedValue(uri)}`}`;
}

/** Registered URIs that a line of the log has room for. */
const shownUris = 5;

function registered(uris: readonly string[]): string {
  const more = uris.length > shownUris ? ` and ${uris.length - shownUris} more` : '';
  return `${uris.slice(0, shownUris).map(quotedValue).join(', ') || '(none)'}${more}`;
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
