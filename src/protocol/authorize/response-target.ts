import type { OAuthError } from '../../errors/oauth-error.ts';
import type { RequestContext } from '../context.ts';
import type { ResponseDelivery, ResponseTarget } from '../response-modes/response-mode.ts';
import { responseModes } from '../response-modes/response-mode.ts';

/** Lays response parameters for the client into its redirection URI, with `state` and `iss` (RFC 9207). */
export async function deliverResponse(
  ctx: RequestContext,
  target: ResponseTarget,
  parameters: Readonly<Record<string, string>>,
): Promise<ResponseDelivery> {
  const { registry, issuer } = ctx.provider;
  const mode = registry.of(responseModes).get(target.responseMode);
  if (!mode) throw new Error(`the response mode ${target.responseMode} is not registered`);
  const { state } = target;
  const all = state === undefined ? { ...parameters, iss: issuer } : { ...parameters, state, iss: issuer };
  return mode.deliver(ctx, target, all);
}

/** An error response for the client (RFC 6749, section 4.1.2.1). */
export function deliverError(
  ctx: RequestContext,
  target: ResponseTarget,
  error: OAuthError,
): Promise<ResponseDelivery> {
  return deliverResponse(ctx, target, { error: error.code, error_description: error.description });
}
