import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import type { Meter, Timer } from '../../ports/metrics.ts';
import {
  authenticateClient,
  ClientAuthenticationError,
  clientAuthenticationReply,
} from '../client-auth/authenticate-client.ts';
import type { Provider, RequestContext, Route } from '../context.ts';
import { issueTokens } from '../issuing/issue-tokens.ts';
import { measured } from '../measured.ts';
import { formParams, type Params, required } from '../params/form.ts';
import type { GrantType } from '../registry.ts';
import { errorReply, jsonReply } from '../replies.ts';

/** The token endpoint (RFC 6749, section 3.2). */
export function createTokenRoutes(provider: Provider): readonly Route[] {
  const grants = enabledGrants(provider);
  const invalidRequests = provider.metrics.meter('tokenEndpoint.invalidRequests');
  const unsupported = provider.metrics.meter('tokenEndpoint.unsupportedGrantTypeErrors');

  const endpoint = async (ctx: RequestContext, request: HttpRequest): Promise<HttpReply> => {
    let offered: OfferedGrant | undefined;
    try {
      const params = formParams(request, provider.settings.token.httpMaxRequestSize);
      const name = params.get('grant_type');
      offered = name === undefined ? undefined : grants.get(name);
      return await serve(ctx, request, params, offered);
    } catch (error) {
      if (!(error instanceof OAuthError)) {
        offered?.meters.serverErrors.mark();
        throw error;
      }
      if (error.id === 'unsupported-grant-type') unsupported.mark();
      else (offered?.meters.errors.get(error.code) ?? invalidRequests).mark();
      return refusal(ctx, error, offered);
    }
  };
  return [
    { method: 'POST', path: '/token', endpoint: measured(provider.metrics, 'tokenEndpoint', endpoint, 'requestTimer') },
  ];
}

/** A grant that the configuration offers, with its meters. */
interface OfferedGrant {
  readonly grant: GrantType;
  readonly meters: {
    readonly success: Meter;
    readonly serverErrors: Meter;
    readonly errors: ReadonlyMap<string, Meter>;
    readonly timer: Timer;
  };
}

async function serve(
  ctx: RequestContext,
  request: HttpRequest,
  params: Params,
  offered: OfferedGrant | undefined,
): Promise<HttpReply> {
  const authenticated = await authenticateClient(ctx, request, params, 'OP6203');
  const name = required(params, 'grant_type');
  if (!offered) {
    throw new OAuthError('unsupported-grant-type', 'the grant is unknown or not enabled (op.grantHandler.*)');
  }
  const { client } = authenticated;
  if (!client.grantTypes.has(name)) {
    throw new OAuthError('grant-not-registered', `the client is registered for: ${[...client.grantTypes].join(' ')}`);
  }
  const started = performance.now();
  const decision = await offered.grant.decide(ctx, authenticated, params);
  const response = await issueTokens(ctx, client, decision);
  offered.meters.timer.record(performance.now() - started);
  offered.meters.success.mark();
  ctx.log.info('OP6225', 'Token response', { clientId: client.id, grantType: name });
  return jsonReply(response);
}

function refusal(ctx: RequestContext, error: OAuthError, offered: OfferedGrant | undefined): HttpReply {
  if (error instanceof ClientAuthenticationError) return clientAuthenticationReply(error);
  ctx.log.info('OP6226', 'Token error response', {
    error: error.code,
    cause: error.detail,
    grantType: offered?.grant.name,
  });
  return errorReply(error);
}

function enabledGrants(provider: Provider): ReadonlyMap<string, OfferedGrant> {
  const grants = new Map<string, OfferedGrant>();
  for (const grant of provider.registry.grantTypes.values()) {
    if (!grant.isEnabled(provider.settings)) continue;
    const prefix = `tokenEndpoint.${grant.metric}`;
    const meter = (name: string) => provider.metrics.meter(`${prefix}.${name}`);
    grants.set(grant.name, {
      grant,
      meters: {
        success: meter('successfulRequests'),
        serverErrors: meter('serverErrors'),
        timer: provider.metrics.timer(`${prefix}.handlerTimer`),
        errors: new Map([
          ['invalid_client', meter('invalidClientErrors')],
          ['unauthorized_client', meter('unauthorizedClientErrors')],
          ['invalid_grant', meter('invalidGrantErrors')],
          ['invalid_scope', meter('invalidScopeErrors')],
        ]),
      },
    });
  }
  return grants;
}
