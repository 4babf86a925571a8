import type { AccessToken } from '../../domain/access-token.ts';
import type { Confirmation } from '../../domain/confirmation.ts';
import type { ErrorId } from '../../errors/catalogue.ts';
import { InsufficientScopeError, OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import type { RequestContext } from '../context.ts';
import { verifyAccessToken } from '../issuing/verify-access-token.ts';
import { presentedToken } from './presented-token.ts';
import { proofsIn } from './proofs.ts';
import { senderConstraints } from './sender-constraint.ts';

declare const bound: unique symbol;

/**
 * An access token that the sender of this request may use: genuine, of this issuer, neither expired nor revoked, and its sender
 * constraint (`cnf`) proved. Only `protectedResource` makes one; what serves a resource asks for this type.
 */
export type BoundToken = AccessToken & { readonly [bound]: true };

/** What a protected resource asks of the access token. Made once per resource. */
export interface ResourceRule {
  /** What is protected, for the operator's log. */
  readonly resource: string;
  /** Largest form body, in bytes, in which the token may stand; `undefined`: in the `Authorization` header alone. */
  readonly formLimit: number | undefined;
  /** Of these scope values the token must have one. The first is the one that is asked for. */
  readonly scope: readonly [string, ...string[]];
  /** Of these audiences the token must name one, if it names any at all or `audienceRequired`; `undefined`: not looked at. */
  readonly audience: ReadonlySet<string> | undefined;
  readonly audienceRequired: boolean;
  /** Properties that have a say in it, for the operator's log. */
  readonly properties: readonly string[];
}

/**
 * Lets a request pass to a protected resource by its access token (RFC 6750), and answers that. Throws `missing-token`,
 * `invalid-token`, `insufficient-scope`, `invalid-parameter` for two tokens, and what a bad form or proof throws.
 */
export async function protectedResource(
  ctx: RequestContext,
  request: HttpRequest,
  rule: ResourceRule,
): Promise<BoundToken> {
  const presented = presentedToken(ctx, request, rule.formLimit);
  if (presented === undefined) {
    throw new OAuthError('missing-token', `${rule.resource}: no access token in the request`);
  }
  const token = await verifyAccessToken(ctx, presented.text);
  if (!token)
    throw refusal('invalid-token', rule, 'the access token is unknown, expired, revoked or of another issuer');
  const proving = proofsIn(ctx, request, presented.text);
  const { confirmation } = proving instanceof Promise ? await proving : proving;
  refuseScheme(ctx, token.confirmation, presented.scheme);
  refuseUnproved(token.confirmation, confirmation);
  if (!rule.scope.some((value) => token.scope.includes(value))) {
    const detail = `the scope must include ${rule.scope.join(' or ')}`;
    throw new InsufficientScopeError(rule.scope[0], detailed(rule, detail));
  }
  refuseOtherAudience(token.audience, rule);
  // The one place where the proof is made.
  return token as BoundToken;
}

const unproved: Readonly<Record<string, string | undefined>> = {
  'x5t#S256': 'Missing / invalid client X.509 certificate for x5t#S256 bound access token',
};

/**
 * Every member of `cnf` must be proved by this very request. A member that no sender constraint of this server knows is never
 * proved: what the token was bound to is not forgotten because the server has forgotten how to check it.
 */
function refuseUnproved(cnf: Confirmation | undefined, confirmation: Confirmation | undefined): void {
  if (cnf === undefined) return;
  const proved: Readonly<Record<string, unknown>> = { ...confirmation };
  for (const [member, thumbprint] of Object.entries<unknown>({ ...cnf })) {
    if (thumbprint === undefined || (Object.hasOwn(proved, member) && proved[member] === thumbprint)) continue;
    const detail = `the access token is bound (cnf.${member.slice(0, 80)}), and the request does not prove possession`;
    throw new OAuthError('invalid-token', detail, unproved[member]);
  }
}

/** A token bound by a constraint with a scheme of its own comes by that scheme, and no other token does (RFC 9449, section 7.1). */
function refuseScheme(ctx: RequestContext, cnf: Confirmation | undefined, scheme: string): void {
  const constraints = ctx.provider.registry.of(senderConstraints);
  if (constraints.size === 0) return;
  for (const constraint of constraints.values()) {
    if (constraint.scheme === undefined) continue;
    const isBound = cnf?.[constraint.member] !== undefined;
    if (isBound === (scheme === constraint.scheme)) continue;
    const asked = isBound ? constraint.scheme : 'Bearer';
    throw new OAuthError('invalid-token', `the access token must be presented by the scheme ${asked}, not ${scheme}`);
  }
}

function refuseOtherAudience(audience: readonly string[] | undefined, rule: ResourceRule): void {
  const { audience: meant, audienceRequired } = rule;
  if (meant === undefined || audience?.some((name) => meant.has(name))) return;
  if (!audienceRequired && (audience === undefined || audience.length === 0)) return;
  throw refusal('invalid-token', rule, `the audience must include ${[...meant].join(' or ')}`);
}

function refusal(id: ErrorId, rule: ResourceRule, detail: string): OAuthError {
  return new OAuthError(id, detailed(rule, detail));
}

function detailed({ resource, properties }: ResourceRule, detail: string): string {
  const governed = properties.length === 0 ? '' : ` (${properties.join(', ')})`;
  return `${resource}: ${detail}${governed}`;
}
