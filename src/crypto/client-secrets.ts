import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { isJsonObject } from '../domain/json.ts';
import type { FormerSecret, StoredClient } from '../domain/stored-client.ts';
import type { Random } from '../ports/random.ts';
import type { ClientStore } from '../ports/stores/stores.ts';
import { decodeBase64Url } from './base64url.ts';

/** The secrets of a client, as they are sealed. */
type Secrets = Pick<StoredClient, 'client_secret' | 'previous_secret' | 'older_secrets'>;

const nonceLength = 12;
const tagLength = 16;

/**
 * A client store that has the secrets of clients encrypted in the one behind it, with AES-256-GCM under a key derived from
 * `keyStore.encJWK`, bound to tenant and client. They are encrypted and not hashed, whatever the authentication method: the client
 * configuration endpoint answers them (RFC 7592, section 3), an update may change the method, and the master of the registration may
 * have set a short one, whose hash would be guessed. Who uses the store sees registrations as they always were. Secrets in clear, from
 * before, are read, and encrypted when the registration is next written.
 *
 * Where secrets do not open, reading rejects with an `Error` that names the client and the property; a list has the client without.
 */
export function withSealedSecrets(
  store: ClientStore,
  deps: { readonly encryptionKey: Buffer; readonly tid: string; readonly random: Random },
): ClientStore {
  const key = Buffer.from(hkdfSync('sha256', deps.encryptionKey, '', 'tessera secrets of clients', 32));
  const dataOf = (clientId: string) => Buffer.from(JSON.stringify(['client secrets', deps.tid, clientId]));

  const seal = (client: StoredClient): StoredClient => {
    const { client_secret, previous_secret, older_secrets, sealed_secrets: _, ...open } = client;
    if (client_secret === undefined && previous_secret === undefined) return open;
    const nonce = deps.random.bytes(nonceLength);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(dataOf(client.client_id));
    const secrets = JSON.stringify({ client_secret, previous_secret, older_secrets });
    const box = Buffer.concat([nonce, cipher.update(secrets, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { ...open, sealed_secrets: box.toString('base64url') };
  };
  const opened = (client: StoredClient, ofBroken: (client: StoredClient) => Secrets = refuseBroken): StoredClient => {
    const { sealed_secrets: sealed, client_secret: _, previous_secret: __, older_secrets: ___, ...open } = client;
    if (sealed === undefined) return client;
    return { ...open, ...(openBox(sealed, key, dataOf(client.client_id)) ?? ofBroken(client)) };
  };

  return {
    async get(clientId) {
      const client = await store.get(clientId);
      return client && opened(client);
    },
    insert: (client) => store.insert(seal(client)),
    async update(clientId, change) {
      const client = await store.update(clientId, (current) => {
        const before = opened(current);
        const after = change(before);
        // Left alone, it is written as it was.
        return after === before ? current : seal(after);
      });
      return client && opened(client);
    },
    remove: (clientId) => store.remove(clientId),
    // One that does not open must not stand for all others.
    list: async (page) => (await store.list(page)).map((client) => opened(client, () => ({}))),
    count: () => store.count(),
  };
}

function refuseBroken({ client_id: clientId }: StoredClient): never {
  throw new Error(
    `the stored secrets of the client ${clientId} do not open with keyStore.encJWK: was it changed since they were stored, or the row in clients by something else than the server?`,
  );
}

function openBox(sealed: string, key: Buffer, data: Buffer): Secrets | undefined {
  const box = decodeBase64Url(sealed);
  if (!box || box.length < nonceLength + tagLength) return undefined;
  const end = box.length - tagLength;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, nonceLength), { authTagLength: tagLength })
      .setAAD(data)
      .setAuthTag(box.subarray(end));
    const text = Buffer.concat([decipher.update(box.subarray(nonceLength, end)), decipher.final()]).toString('utf8');
    return secretsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The content is authentic: it has the shape that was written. */
function secretsOf(content: unknown): Secrets {
  if (!isJsonObject(content)) return {};
  const { client_secret: secret, previous_secret: previous, older_secrets: older } = content;
  const latest = formerSecretOf(previous);
  const before = (Array.isArray(older) ? older : []).flatMap((each) => formerSecretOf(each) ?? []);
  return {
    ...(typeof secret === 'string' ? { client_secret: secret } : {}),
    ...(latest ? { previous_secret: latest } : {}),
    ...(before.length > 0 ? { older_secrets: before } : {}),
  };
}

function formerSecretOf(content: unknown): FormerSecret | undefined {
  if (!isJsonObject(content)) return undefined;
  const { client_secret: secret, until } = content;
  return typeof secret === 'string' && typeof until === 'number' ? { client_secret: secret, until } : undefined;
}
