import type { Confirmation } from '../../domain/confirmation.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import { type GrantEvents, grantEvents } from '../../events/token-events.ts';
import type { HttpReply } from '../../ports/endpoint.ts';
import type { Timer } from '../../ports/metrics.ts';
import { createClientAuthentication } from '../client-auth/authenticate-client.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import { ClientAuthenticationError } from '../client-auth/client-authentication-error.ts';
import { type ClientRequest, clientEndpoint } from '../client-auth/client-endpoint.ts';
import type { Endpoint, Provider, RequestContext } from '../context.ts';
import { issueTokens } from '../issuing/issue-tokens.ts';
import type { TokenDecision } from '../issuing/token-decision.ts';
import { type Form, type Params, required, strictForm } from '../params/form.ts';
import { jsonReply } from '../replies.ts';
import { proofsIn } from '../sender-constraint/proofs.ts';
import { type GrantType, grantTypes } from './grant-type.ts';

/** May repeat whatever the grant (RFC 8707, section 2). */
const repeatableAnyway = 'resource';

/** The token endpoint (RFC 6749, section 3.2). */
export function createTokenEndpoint(provider: Provider): Endpoint {
  const grants = enabledGrants(provider);
  const { clientAuthenticationFailed, invalidRequest, unsupportedGrantType, failed } = events.tokenEndpoint;
  const authenticate = createClientAuthentication(provider, clientAuthenticationFailed);
  const offeredFor = (form: Form | undefined) => grants.get(form?.params.get('grant_type') ?? '');

  return clientEndpoint<AuthenticatedClient>(provider, {
    failure: failed,
    timer: 'tokenEndpoint.requestTimer',
    form: { ...strictForm, repeatable: repeatableNames(grants.values()) },
    authenticate(ctx, request, form) {
      const offered = offeredFor(form);
      if (offered) refuseRepeated(form, offered.single);
      return authenticate(ctx, request, form.params);
    },
    serve: (ctx, request) => serve(ctx, request, offeredFor(request.form)),
    refused(ctx, error, form) {
      const offered = offeredFor(form);
      if (error.id === 'unsupported-grant-type') ctx.emit(unsupportedGrantType);
      else ctx.emit(offered?.events.refused.get(error.code) ?? invalidRequest);
      if (error instanceof ClientAuthenticationError) return;
      ctx.emit(events.tokenEndpoint.refused, {
        error: error.code,
        cause: error.detail,
        grantType: offered?.grant.name,
      });
    },
    failed(ctx, form) {
      const offered = offeredFor(form);
      if (offered) ctx.emit(offered.events.failed);
    },
  });
}

/** A grant that the configuration offers, with what is told of it. */
interface OfferedGrant {
  readonly grant: GrantType;
  /** Names that may repeat for other grants, but not for this one. */
  readonly single: readonly string[];
  readonly events: GrantEvents;
  readonly timer: Timer;
}

async function serve(
  ctx: RequestContext,
  { caller, form, http }: ClientRequest<AuthenticatedClient>,
  offered: OfferedGrant | undefined,
): Promise<HttpReply> {
  const name = required(form.params, 'grant_type');
  if (!offered) {
    throw new OAuthError('unsupported-grant-type', 'the grant is unknown or not enabled (op.grantHandler.*)');
  }
  const { client } = caller;
  if (!client.grantTypes.has(name)) {
    throw new OAuthError('grant-not-registered', `the client is registered for: ${[...client.grantTypes].join(' ')}`);
  }
  const started = performance.now();
  const proving = proofsIn(ctx, http, undefined);
  const { confirmation, certificate } = proving instanceof Promise ? await proving : proving;
  const params = withSingle(form, offered.single);
  const decision = await offered.grant.decide(ctx, {
    client: caller,
    params,
    many: form.many,
    confirmation,
    certificate,
  });
  const response = await issueTokens(ctx, client, boundTo(confirmation, decision));
  offered.timer.record(performance.now() - started);
  ctx.emit(offered.events.answered, { clientId: client.id, grantType: name });
  return jsonReply(response);
}

/** What is issued is bound to what the request proves. A binding that was ordered before stays: who asks cannot replace it. */
function boundTo(confirmation: Confirmation | undefined, decision: TokenDecision): TokenDecision {
  if (confirmation === undefined) return decision;
  const { authorization } = decision;
  return {
    ...decision,
    authorization: { ...authorization, confirmation: { ...confirmation, ...authorization.confirmation } },
  };
}

/** A parameter that another grant lets repeat, but not this one (RFC 6749, section 3.2). */
function refuseRepeated(form: Form, single: readonly string[]): void {
  for (const name of single) {
    if (form.many(name).length > 1) throw new OAuthError('repeated-parameter', `repeated: ${name}`);
  }
}

function withSingle({ params, many }: Form, single: readonly string[]): Params {
  if (single.length === 0) return params;
  const all = new Map(params);
  for (const name of single) {
    const [value] = many(name);
    if (value !== undefined) all.set(name, value);
  }
  return all;
}

function repeatableNames(grants: Iterable<OfferedGrant>): ReadonlySet<string> {
  return new Set([repeatableAnyway, ...[...grants].flatMap(({ grant }) => grant.repeatable ?? [])]);
}

function enabledGrants(provider: Provider): ReadonlyMap<string, OfferedGrant> {
  const grants = new Map<string, OfferedGrant>();
  const enabled = [...provider.registry.of(grantTypes).values()].filter((grant) =>
    grant.isEnabled(provider.settingsOf),
  );
  const repeatable = new Set(enabled.flatMap((grant) => grant.repeatable ?? []));
  for (const grant of enabled) {
    const told = grantEvents(grant.metric);
    provider.events.declare([told.answered, told.failed, ...told.refused.values()]);
    grants.set(grant.name, {
      grant,
      single: [...repeatable].filter((name) => name !== repeatableAnyway && !grant.repeatable?.includes(name)),
      events: told,
      timer: provider.metrics.timer(`tokenEndpoint.${grant.metric}.handlerTimer`),
    });
  }
  return grants;
}
