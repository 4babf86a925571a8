import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import { matchRedirectUri } from '../../domain/redirect-uri.ts';
import { splitWords } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { normalResponseType } from '../clients/compile-client.ts';
import type { RequestContext } from '../context.ts';
import {
  type CheckInput,
  checkDisplay,
  checkIdTokenHint,
  checkMaxAge,
  checkOpaque,
  checkPkce,
  checkPrompt,
  checkResource,
  checkResponseMode,
  checkResponseType,
  checkScope,
  isServedMode,
  refuseRepeated,
  refuseRequestObjects,
} from './checks.ts';
import { type ClaimsRequest, parseClaimsRequest } from './claims-request.ts';
import type { RequestParameters } from './request-sources.ts';
import type { ResponseTarget } from './response-target.ts';

/** A request that has passed all checks. */
export interface AcceptedRequest {
  readonly ok: true;
  readonly client: Client;
  readonly request: AuthorizationRequest;
  /** The subject that the request insists on, by hint or by the `sub` claim. */
  readonly requiredSub: string | undefined;
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
    return await acceptRequest({ provider: ctx.provider, client: target.client, parameters }, target);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return { ok: false, error, target };
  }
}

/** Phase A. */
async function findTarget(ctx: RequestContext, { values, repeated }: RequestParameters): Promise<ResponseTarget> {
  const { clients, settings } = ctx.provider;
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
    (requested === undefined && (openid || settings.authorize.alwaysRequireRedirectUri))
  ) {
    throw new OAuthError('missing-redirect-uri', 'required for OpenID requests and with several registered URIs');
  }
  if (!matchRedirectUri(client, redirectUri)) {
    throw new OAuthError('unregistered-redirect-uri', 'redirect_uri matches none of the registered redirect_uris');
  }
  const mode = values.get('response_mode');
  const known = mode !== undefined && isServedMode(ctx.provider, mode, redirectUri);
  return {
    client,
    redirectUri,
    responseMode: known ? mode : defaultErrorMode(values.get('response_type')),
    state: values.get('state'),
  };
}

/** A response type that carries tokens is answered in the fragment, also when it is not served. */
function defaultErrorMode(responseType: string | undefined): string {
  return /(^| )(token|id_token)( |$)/.test(normalResponseType(responseType ?? '')) ? 'fragment' : 'query';
}

/** Phase B: the table of checks, in their order. */
async function acceptRequest(input: CheckInput, target: ResponseTarget): Promise<AcceptedRequest> {
  const { values, repeated } = input.parameters;
  refuseRepeated(input);
  refuseRequestObjects(input);
  const responseType = checkResponseType(input);
  const claims = values.has('claims') ? parseClaimsRequest(values.get('claims') ?? '') : undefined;
  const request: AuthorizationRequest = {
    response_type: responseType.name,
    response_mode: checkResponseMode(input, responseType, target.redirectUri),
    client_id: input.client.id,
    redirect_uri: target.redirectUri,
    redirect_uri_explicit: values.has('redirect_uri') && !repeated.has('redirect_uri'),
    scope: checkScope(input),
    ...checkPkce(input),
    ...optional('state', checkOpaque(input, 'state')),
    ...optional('nonce', checkOpaque(input, 'nonce')),
    prompt: checkPrompt(input),
    ...checkMaxAge(input),
    display: checkDisplay(input),
    ...requestedAcr(input, claims),
    ...optional('login_hint', checkOpaque(input, 'login_hint')),
    ...optional('id_token_hint', values.get('id_token_hint')),
    ui_locales: splitWords(values.get('ui_locales') ?? '').slice(0, 20),
    claims_locales: splitWords(values.get('claims_locales') ?? '').slice(0, 20),
    resource: checkResource(input),
    ...(claims === undefined ? {} : { claims: claims.raw }),
    custom: customParameters(values),
  };
  const hinted = await checkIdTokenHint(input);
  if (hinted !== undefined && claims?.sub !== undefined && hinted !== claims.sub) {
    throw new OAuthError('invalid-id-token-hint', 'the hint and the sub claim request name different subjects');
  }
  return { ok: true, client: input.client, request, requiredSub: hinted ?? claims?.sub };
}

function requestedAcr({ client, parameters }: CheckInput, claims: ClaimsRequest | undefined) {
  const requested = splitWords(parameters.values.get('acr_values') ?? '').slice(0, 20);
  if (claims?.acr) return { acr_values: claims.acr.values, acr_essential: claims.acr.essential };
  return { acr_values: requested.length > 0 ? requested : client.defaultAcrValues, acr_essential: false };
}

/** Parameters with a meaning of their own; the rest is kept for the login page. */
const standardParameters = new Set([
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'prompt',
  'max_age',
  'display',
  'acr_values',
  'login_hint',
  'id_token_hint',
  'ui_locales',
  'claims_locales',
  'claims',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
  'registration',
  'resource',
]);

/** Longest custom parameter that is kept, in characters. */
const maxCustomLength = 2048;

function customParameters(values: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const custom = [...values].filter(
    ([name, value]) => !standardParameters.has(name) && name.length <= 100 && value.length <= maxCustomLength,
  );
  return Object.fromEntries(custom);
}

function optional<N extends string>(name: N, value: string | undefined): { readonly [K in N]?: string } | object {
  return value === undefined ? {} : { [name]: value };
}
