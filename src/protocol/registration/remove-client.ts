import { isClientId } from '../../domain/client-id.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import { revokeAll } from '../issuing/revocation.ts';
import { registrationProperties } from './properties.ts';

/**
 * Removes a client with everything that it was granted (RFC 7592, section 2.3): its remembered authorizations go with
 * their grants, and its tokens are void. False when there was no such client; what may be left of an interrupted removal goes
 * all the same.
 */
export async function removeClient(ctx: RequestContext, clientId: string): Promise<boolean> {
  const { stores, clients, clock, settingsOf } = ctx.provider;
  if (!isClientId(clientId)) return false;
  const removed = await stores.clients.remove(clientId);
  clients.forget(clientId);
  // Another process may know the client, and issue tokens to it, until its cache runs out. Times are whole seconds: one more
  // covers what was issued within the last one.
  const at = clock.now() + settingsOf(registrationProperties).clientCacheLifetime + 1;
  await revokeAll(ctx, { clientId }, at);
  if (removed) ctx.emit(events.registration.removed, { client_id: clientId });
  return removed;
}
