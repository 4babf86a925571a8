import { longestLifetime } from '../../domain/authorization.ts';
import { isClientId } from '../../domain/client-id.ts';
import type { RequestContext } from '../context.ts';
import { retention } from '../tokens/revocation.ts';

/**
 * Removes a client with everything that it was granted (RFC 7592, section 2.3): its long-lived authorisations go, and the
 * journal revokes its tokens. False when there was no such client; what may be left of an interrupted removal goes
 * all the same.
 */
export async function removeClient(ctx: RequestContext, clientId: string): Promise<boolean> {
  const { stores, clients, clock, settings } = ctx.provider;
  if (!isClientId(clientId)) return false;
  const removed = await stores.clients.remove(clientId);
  clients.forget(clientId);
  // Another process may know the client, and issue tokens to it, until its cache runs out. Times are whole seconds: one more
  // covers what was issued within the last one.
  const at = clock.now() + settings.registration.clientCacheLifetime + 1;
  await stores.journal.revoke({ cid: clientId }, at, at + retention(ctx, longestLifetime));
  await stores.authorizations.remove({ cid: clientId });
  if (removed) ctx.log.info('OP9502', 'Client removed', { client_id: clientId });
  return removed;
}
