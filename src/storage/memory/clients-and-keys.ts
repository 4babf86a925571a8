import type { JsonObject } from '../../domain/json.ts';
import type { StoredClient } from '../../domain/stored-client.ts';
import type { ClientStore, KeyStore } from '../../ports/stores/stores.ts';
import { pageOf } from './expiring-map.ts';

/** Client registrations in memory. */
export function createClientStore(): ClientStore {
  const clients = new Map<string, StoredClient>();
  return {
    async get(clientId) {
      return clients.get(clientId);
    },
    async insert(client) {
      if (clients.has(client.client_id)) return false;
      clients.set(client.client_id, client);
      return true;
    },
    async update(clientId, change) {
      const current = clients.get(clientId);
      if (!current) return undefined;
      const next = change(current);
      clients.set(clientId, next);
      return next;
    },
    async remove(clientId) {
      return clients.delete(clientId);
    },
    async list(page) {
      return pageOf(clients, page).map(([, client]) => client);
    },
    async count() {
      return clients.size;
    },
  };
}

/** The key set in memory. */
export function createKeyStore(): KeyStore {
  let stored: { readonly version: number; readonly document: JsonObject } | undefined;
  return {
    async load() {
      return stored;
    },
    async save(expectedVersion, document) {
      if ((stored?.version ?? 0) !== expectedVersion) return false;
      stored = { version: expectedVersion + 1, document };
      return true;
    },
  };
}
