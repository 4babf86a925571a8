import { equalTexts } from '../../crypto/digest.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { StoredClient } from '../../domain/stored-client.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import { checkMetadata, minSecretLength, needsSecret, preferredClientSecret } from './check-metadata.ts';
import { newClientSecret, newRegistrationToken, secretExpiry } from './client-credentials.ts';
import { type ClientInformation, clientInformation } from './client-information.ts';
import { asText, refuse } from './metadata-check.ts';
import { registrationProperties } from './properties.ts';
import type { Registrant } from './registrant.ts';

/** For how long a replaced secret is accepted, seconds. */
export const previousSecretLifetime = 1800;

/** What the update rests on: the registration as it was read, and by whom. */
export interface UpdateRequest {
  readonly read: StoredClient;
  readonly body: JsonObject;
  readonly registrant: Registrant;
  /** The registration access token that was presented, if it was one. */
  readonly presentedToken: string | undefined;
}

/**
 * Replaces a registration (RFC 7592, section 2.2). `changed` when somebody else was faster: nothing happened, and the whole
 * request has to be looked at again. Throws `OAuthError`; `no-such-client` when the client was removed meanwhile.
 */
export async function updateClient(ctx: RequestContext, update: UpdateRequest): Promise<ClientInformation | 'changed'> {
  const { provider } = ctx;
  const { read, body, registrant } = update;
  checkIdentity(body, read);
  const metadata = checkMetadata(body, provider, registrant, read.metadata);
  const refresh = provider.settingsOf(registrationProperties).refreshAccessTokenOnUpdate;
  const registration = refresh ? newRegistrationToken(provider) : undefined;
  const tokenHash = registration?.hash ?? read.registration_token_hash;
  const next: StoredClient = {
    client_id: read.client_id,
    client_id_issued_at: read.client_id_issued_at,
    metadata,
    ...secretsAfter(ctx, update, metadata),
    ...(tokenHash === undefined ? {} : { registration_token_hash: tokenHash }),
  };

  let changed = false;
  const stored = await provider.stores.clients.update(read.client_id, (current) => {
    // What was read, authorised and checked must be what is replaced.
    changed =
      current.registration_token_hash !== read.registration_token_hash ||
      current.client_secret !== read.client_secret ||
      current.client_id_issued_at !== read.client_id_issued_at;
    return changed ? current : next;
  });
  if (!stored) {
    ctx.emit(events.registration.goneMeanwhile, { client_id: read.client_id });
    throw new OAuthError('no-such-client', `the client ${read.client_id} was removed concurrently`);
  }
  if (changed) return 'changed';
  provider.clients.forget(read.client_id);
  ctx.emit(events.registration.updated, { client_id: read.client_id, by: registrant.kind });
  return clientInformation(provider.issuer, stored, registration?.token ?? update.presentedToken);
}

function checkIdentity(body: JsonObject, read: StoredClient): void {
  if (body['client_id'] !== read.client_id) {
    refuse('client_id', 'must be present and equal to the client_id in the path');
  }
  const secret = body['client_secret'];
  if (secret !== undefined && secret !== null) {
    const presented = asText(secret, 'client_secret');
    const matches = equalTexts(presented, read.client_secret ?? '');
    if (!matches || read.client_secret === undefined) refuse('client_secret', 'does not match the current one');
  }
  const preferred = body['preferred_client_id'];
  if (preferred !== undefined && preferred !== null && preferred !== read.client_id) {
    refuse('preferred_client_id', 'the client_id cannot be changed');
  }
}

type Secrets = Pick<StoredClient, 'client_secret' | 'client_secret_expires_at' | 'previous_secret'>;

function secretsAfter(ctx: RequestContext, { read, body, registrant }: UpdateRequest, metadata: JsonObject): Secrets {
  const { registry, random, settingsOf, clock } = ctx.provider;
  const preferred = preferredClientSecret(body, registrant, metadata);
  const asked = body['refresh_client_secret'] ?? false;
  if (typeof asked !== 'boolean') refuse('refresh_client_secret', 'expected true or false');
  if (!needsSecret(metadata, registry)) return { client_secret_expires_at: 0 };

  const current = read.client_secret;
  const refresh =
    asked ||
    settingsOf(registrationProperties).alwaysRefreshClientSecretOnUpdate ||
    preferred !== undefined ||
    current === undefined ||
    current.length < minSecretLength(metadata);
  if (!refresh) {
    return {
      client_secret: current,
      client_secret_expires_at: read.client_secret_expires_at,
      ...(read.previous_secret ? { previous_secret: read.previous_secret } : {}),
    };
  }
  const previous = current === undefined ? undefined : previousSecret(current, read, clock.now());
  return {
    client_secret: preferred ?? newClientSecret(random, metadata),
    client_secret_expires_at: secretExpiry(ctx.provider),
    ...(previous ? { previous_secret: previous } : {}),
  };
}

/** The replaced secret with its grace period, which never outlasts the life that the secret had. */
function previousSecret(secret: string, read: StoredClient, now: number): StoredClient['previous_secret'] {
  const end = read.client_secret_expires_at;
  const until = end === 0 ? now + previousSecretLifetime : Math.min(end, now + previousSecretLifetime);
  return until > now ? { client_secret: secret, until } : undefined;
}
