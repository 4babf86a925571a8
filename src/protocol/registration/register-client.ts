import type { JsonObject } from '../../domain/json.ts';
import type { StoredClient } from '../../domain/stored-client.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import { tokensProperties } from '../issuing/properties.ts';
import { checkMetadata, needsSecret, preferredClientId, preferredClientSecret } from './check-metadata.ts';
import { newClientId, newClientSecret, newRegistrationToken, secretExpiry } from './client-credentials.ts';
import { type ClientInformation, clientInformation } from './client-information.ts';
import { refuse } from './metadata-check.ts';
import { registrationProperties } from './properties.ts';
import { expendInitialToken, type Registrant } from './registrant.ts';

/** Attempts to find a free ID; beyond that the ID space is as good as full. */
const maxAttempts = 50;

/**
 * Registers a client (RFC 7591, section 3; OpenID Connect Dynamic Client Registration, section 3). A one-time initial
 * access token is expended once the metadata is found good, before anything is stored. Throws `OAuthError`, and an `Error`
 * when no free client ID is found.
 */
export async function registerClient(
  ctx: RequestContext,
  body: JsonObject,
  registrant: Registrant,
): Promise<ClientInformation> {
  const { provider } = ctx;
  const { registry, random, clock, issuer } = provider;
  const metadata = checkMetadata(body, provider, registrant);
  const preferredId = preferredClientId(body, registrant);
  const preferredSecret = preferredClientSecret(body, registrant, metadata);
  if (preferredId !== undefined) await checkFree(ctx, preferredId);
  if (registrant.initialToken) await expendInitialToken(ctx, registrant.initialToken);

  const registration = newRegistrationToken(provider);
  const withSecret = needsSecret(metadata, registry);
  const draft = {
    client_id_issued_at: clock.now(),
    metadata,
    client_secret_expires_at: withSecret ? secretExpiry(provider) : 0,
    ...(withSecret ? { client_secret: preferredSecret ?? newClientSecret(random, metadata) } : {}),
    registration_token_hash: registration.hash,
  };
  const stored = await insert(ctx, draft, preferredId);
  ctx.emit(events.registration.registered, { client_id: stored.client_id, by: registrant.kind });
  return clientInformation(issuer, stored, registration.token);
}

async function insert(
  { provider }: RequestContext,
  draft: Omit<StoredClient, 'client_id'>,
  preferredId: string | undefined,
): Promise<StoredClient> {
  const { stores, random, settingsOf, clients } = provider;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const stored: StoredClient = {
      client_id: preferredId ?? newClientId(random, settingsOf(registrationProperties).clientIdByteLength),
      ...draft,
    };
    if (await stores.clients.insert(stored)) {
      // A client of that ID may have been removed by another process a moment ago.
      if (preferredId !== undefined) clients.forget(preferredId);
      return stored;
    }
    if (preferredId !== undefined) refuseTaken();
  }
  throw new Error('no free client ID was found: raise op.reg.clientIDByteLength');
}

/** Neither taken nor removed so recently that the revocation of its tokens would meet those of the new client as well. */
async function checkFree({ provider }: RequestContext, clientId: string): Promise<void> {
  const { stores, clock, settingsOf } = provider;
  if (await stores.clients.get(clientId)) refuseTaken();
  const { notBefore } = await stores.revocations.standing({ subject: '', actor: '', clientId }, []);
  const wait = (notBefore?.at ?? 0) + Math.max(settingsOf(tokensProperties).revocationCheckBias, 0) - clock.now();
  if (wait > 0) refuse('preferred_client_id', `was in use until just now: try again in ${wait} s`);
}

function refuseTaken(): never {
  refuse('preferred_client_id', 'is taken');
}
