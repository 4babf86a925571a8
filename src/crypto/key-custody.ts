import type { Random } from '../ports/random.ts';
import type { KeyStore } from '../ports/stores/stores.ts';
import { createKeyDocuments, KeySetRefused, type KeysByContext, type OpenedDocument } from './key-document.ts';

/** The keys that a store has, with the version that a change must name. */
export interface StoredKeys extends OpenedDocument {
  readonly version: number;
}

/** The keys of one tenant in their store. */
export interface KeyCustody {
  /** What is stored; `undefined` when nothing is. Rejects with `KeySetRefused` for what must not be used, else as the store does. */
  read(): Promise<StoredKeys | undefined>;
  /** Writes the keys if nobody has written since `before` was read; answers them as stored, or `undefined` when somebody has. */
  write(before: StoredKeys | undefined, contexts: KeysByContext): Promise<StoredKeys | undefined>;
  /**
   * Writes what `change` makes of the current keys, and answers it. `change` may run again when another process was faster;
   * where it answers nothing, nothing is written.
   */
  update(change: (current: StoredKeys) => Promise<KeysByContext | undefined>): Promise<StoredKeys>;
}

const unexpectedFirstForm =
  'the stored key set has the form of release 0.1.0, which is not authenticated as a whole, and keyStore.convertFirstRelease is false: somebody has put a copy from before into jwks. Restore the row from a backup, and find out who can write to the database; after a restore of that release on purpose, set keyStore.convertFirstRelease to true for one start.';

/** Times that a change is tried: other processes change keys too, but not all the time. */
const attempts = 8;

/**
 * Keys in a store, written and read under the key of `keyStore.encJWK`. What the first release wrote cannot tell by itself that it is
 * not a copy which was put back, so that only the configuration can say whether it is expected.
 */
export function createKeyCustody(deps: {
  readonly store: KeyStore;
  readonly encryptionKey: Buffer;
  /** `keyStore.convertFirstRelease`. */
  readonly convertFirstRelease: boolean;
  readonly tid: string;
  readonly random: Random;
}): KeyCustody {
  const { store } = deps;
  const documents = createKeyDocuments(deps.encryptionKey, deps.tid, deps.random);
  const read: KeyCustody['read'] = async () => {
    const stored = await store.load();
    if (!stored) return undefined;
    const opened = documents.read(stored.document, stored.version);
    if (!opened.authenticated && !deps.convertFirstRelease) throw new KeySetRefused(unexpectedFirstForm);
    return { version: stored.version, ...opened };
  };
  const write: KeyCustody['write'] = async (before, contexts) => {
    const version = (before?.version ?? 0) + 1;
    const saved = await store.save(version - 1, documents.write(contexts, version));
    return saved ? { version, contexts, authenticated: true } : undefined;
  };
  return {
    read,
    write,
    async update(change) {
      for (let attempt = 0; attempt < attempts; attempt++) {
        const current = await read();
        if (!current) throw new Error('the key store has no keys: the server makes them at its first start');
        const changed = await change(current);
        if (!changed) return current;
        const written = await write(current, changed);
        if (written) return written;
      }
      throw new Error('the keys were changed by other processes again and again; nothing was done');
    },
  };
}
