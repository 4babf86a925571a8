import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { bearerToken, tokenOfScheme } from '../bearer.ts';
import type { RequestContext } from '../context.ts';
import { formBody, hasForm } from '../params/form.ts';
import { senderConstraints } from './sender-constraint.ts';

/** An access token as a request presents it. */
export interface PresentedToken {
  readonly text: string;
  /** The authentication scheme; `Bearer` for one in the form (RFC 6750, section 2.2). */
  readonly scheme: string;
}

/**
 * The access token in the `Authorization` header (RFC 6750, section 2.1; RFC 9449, section 7.1), or in the form body of a POST
 * where `formLimit` (bytes) allows that; `undefined` when there is none. Throws `invalid-parameter` for one in both places, and
 * what a bad form throws.
 */
export function presentedToken(
  ctx: RequestContext,
  request: HttpRequest,
  formLimit: number | undefined,
): PresentedToken | undefined {
  const inHeader = headerToken(ctx, request);
  if (formLimit === undefined) return inHeader;
  const inForm = tokenInForm(request, formLimit);
  if (inHeader !== undefined && inForm !== undefined) {
    throw new OAuthError('invalid-parameter', 'two tokens', 'More than one access token in the request');
  }
  return inHeader ?? (inForm === undefined ? undefined : { text: inForm, scheme: 'Bearer' });
}

function headerToken(ctx: RequestContext, request: HttpRequest): PresentedToken | undefined {
  const bearer = bearerToken(request);
  if (bearer !== undefined) return { text: bearer, scheme: 'Bearer' };
  const constraints = ctx.provider.registry.of(senderConstraints);
  if (constraints.size === 0) return undefined;
  for (const { scheme } of constraints.values()) {
    const text = scheme === undefined ? undefined : tokenOfScheme(request, scheme);
    if (scheme !== undefined && text !== undefined) return { text, scheme };
  }
  return undefined;
}

function tokenInForm(request: HttpRequest, limit: number): string | undefined {
  if (request.method !== 'POST' || request.body.length === 0 || !hasForm(request)) return undefined;
  return formBody(request, limit).params.get('access_token');
}
