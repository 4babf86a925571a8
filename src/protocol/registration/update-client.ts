import { equalTexts } from '../../crypto/digest.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type FormerSecret, formerSecrets, type StoredClient } from '../../domain/stored-client.ts';
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

/** Replaced secrets that are accepted at a time. None of them ends early: it is the next replacement that has to wait. */
export const maxFormerSecrets = 20;

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
    // What was read, authorised and checked must be what is replaced, to the letter: what the client held may be less by now.
    changed = JSON.stringify(current) !== JSON.stringify(read);
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

type Secrets = Omit<StoredClient, 'client_id' | 'client_id_issued_at' | 'metadata' | 'registration_token_hash'>;

function secretsAfter(ctx: RequestContext, { read, body, registrant }: UpdateRequest, metadata: JsonObject): Secrets {
  const { registry, random, settingsOf, clock } = ctx.provider;
  const preferred = preferredClientSecret(body, registrant, metadata);
  const asked = body['refresh_client_secret'] ?? false;
  if (typeof asked !== 'boolean') refuse('refresh_client_secret', 'expected true or false');
  if (!needsSecret(metadata, registry)) return { client_secret_expires_at: 0 };

  const current = read.client_secret;
  const former = formerSecrets(read).filter(({ until }) => until > clock.now());
  const expires = secretExpiry(ctx.provider);
  const usable = current !== undefined && current.length >= minSecretLength(metadata);
  if (current !== undefined && preferred === current) return withFormer(current, expires, former);
  const full = former.length >= maxFormerSecrets;
  const due = settingsOf(registrationProperties).alwaysRefreshClientSecretOnUpdate && !full;
  if (usable && !asked && !due && preferred === undefined) {
    return withFormer(current, read.client_secret_expires_at, former);
  }
  const replaced = current === undefined ? [] : replacedSecret(current, read, clock.now());
  if (full && replaced.length > 0) refuseReplacement(former, clock.now());
  return withFormer(preferred ?? newClientSecret(random, metadata), expires, [...replaced, ...former]);
}

function withFormer(secret: string, expires: number, [latest, ...older]: readonly FormerSecret[]): Secrets {
  return {
    client_secret: secret,
    client_secret_expires_at: expires,
    ...(latest ? { previous_secret: latest } : {}),
    ...(older.length > 0 ? { older_secrets: older } : {}),
  };
}

/** The replaced secret with its grace period, which never outlasts the life that the secret had; none where that is over. */
function replacedSecret(secret: string, read: StoredClient, now: number): readonly FormerSecret[] {
  const end = read.client_secret_expires_at;
  const until = end === 0 ? now + previousSecretLifetime : Math.min(end, now + previousSecretLifetime);
  return until > now ? [{ client_secret: secret, until }] : [];
}

function refuseReplacement(former: readonly FormerSecret[], now: number): never {
  const wait = Math.min(...former.map(({ until }) => until)) - now;
  refuse('client_secret', `was replaced ${maxFormerSecrets} times within 30 minutes: try again in ${wait} s`);
}
