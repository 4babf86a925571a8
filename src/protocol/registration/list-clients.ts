import { isClientId } from '../../domain/client-id.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import type { RequestContext } from '../context.ts';
import { listedReply, pagesOf } from '../listed.ts';
import { queryParams } from '../params/form.ts';
import { clientInformation } from './client-information.ts';

/** Clients read from the store at a time. */
const pageSize = 500;

/** Clients that one answer may be limited to. */
export const maxListed = 10_000;

/**
 * The registered clients as a JSON array in the order of their IDs: all of them, or with `?limit=` (1 to 10000) at most so
 * many, and with `?after=` only those whose ID is greater. Throws `invalid-parameter`.
 */
export async function listClients(ctx: RequestContext, request: HttpRequest): Promise<HttpReply> {
  const { stores, issuer } = ctx.provider;
  const params = queryParams(request);
  const most = limitOf(params.get('limit'));
  const after = params.get('after');
  if (after !== undefined && !isClientId(after)) {
    throw new OAuthError('invalid-parameter', 'after is no client ID', 'after: expected a client_id');
  }
  const pages = pagesOf((page) => stores.clients.list(page), {
    size: pageSize,
    after,
    most,
    keyOf: (stored) => stored.client_id,
    text: (stored) => JSON.stringify(clientInformation(issuer, stored, undefined)),
  });
  return listedReply(pages);
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > maxListed) {
    throw new OAuthError(
      'invalid-parameter',
      `expected a limit from 1 to ${maxListed}`,
      `limit: expected 1 to ${maxListed}`,
    );
  }
  return Number(text);
}
