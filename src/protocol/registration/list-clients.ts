import { isClientId } from '../../domain/client-id.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import type { RequestContext } from '../context.ts';
import { queryParams } from '../params/form.ts';
import { noStoreJson } from '../replies.ts';
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
  let remaining = limitOf(params.get('limit'));
  let after = params.get('after');
  if (after !== undefined && !isClientId(after)) {
    throw new OAuthError('invalid-parameter', 'after is no client ID', 'after: expected a client_id');
  }
  const items: string[] = [];
  while (remaining > 0) {
    const limit = Math.min(pageSize, remaining);
    const page = await stores.clients.list(after === undefined ? { limit } : { after, limit });
    for (const stored of page) items.push(JSON.stringify(clientInformation(issuer, stored, undefined)));
    after = page.at(-1)?.client_id;
    remaining -= page.length;
    if (page.length < limit) break;
  }
  return { status: 200, headers: noStoreJson, body: `[${items.join(',')}]` };
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
