import type { StoredClient } from '../../domain/stored-client.ts';
import type { ClientStore, KeyStore } from '../../ports/stores/stores.ts';

/** Parsed registrations kept beside the texts; forgotten all at once when there are more. */
const PARSED_LIMIT = 256;

/** The client registrations of a tenant: JSON text, since there may be many, with the ones in use parsed once. */
export function createClients(): ClientStore {
  const texts = new Map<string, string>();
  const parsed = new Map<string, StoredClient>();

  function read(clientId: string): StoredClient | undefined {
    const known = parsed.get(clientId);
    if (known) return known;
    const text = texts.get(clientId);
    if (text === undefined) return undefined;
    const client = parse(text);
    if (parsed.size >= PARSED_LIMIT) parsed.clear();
    parsed.set(clientId, client);
    return client;
  }

  return {
    get: async (clientId) => read(clientId),
    async insert(client) {
      if (texts.has(client.client_id)) return false;
      texts.set(client.client_id, JSON.stringify(client));
      return true;
    },
    async update(clientId, change) {
      const current = read(clientId);
      if (!current) return undefined;
      const next = change(current);
      parsed.delete(clientId);
      texts.set(clientId, JSON.stringify(next));
      return next;
    },
    async remove(clientId) {
      parsed.delete(clientId);
      return texts.delete(clientId);
    },
    async list({ after = '', limit }) {
      const page: StoredClient[] = [];
      for (const clientId of [...texts.keys()].sort()) {
        if (page.length >= limit) break;
        const text = texts.get(clientId);
        if (clientId > after && text !== undefined) page.push(parse(text));
      }
      return page;
    },
    count: async () => texts.size,
  };
}

function parse(text: string): StoredClient {
  const client: StoredClient = JSON.parse(text);
  return Object.freeze(client);
}

/** The key set of a tenant. */
export function createKeys(): KeyStore {
  let stored: { readonly version: number; readonly text: string } | undefined;
  return {
    async load() {
      return stored && { version: stored.version, document: JSON.parse(stored.text) };
    },
    async save(expectedVersion, document) {
      if ((stored?.version ?? 0) !== expectedVersion) return false;
      stored = { version: expectedVersion + 1, text: JSON.stringify(document) };
      return true;
    },
  };
}
