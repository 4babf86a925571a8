import type { JsonObject } from '../../domain/json.ts';
import type { KeyStore } from '../../ports/stores/stores.ts';
import type { SqlEngine } from './engine.ts';
import { type Params, prepare } from './statement.ts';

/** The key sets of all tenants. */
export function createKeys(engine: SqlEngine): (tid: string) => KeyStore {
  const statements = compile(engine);
  return (tid) => ({
    async load() {
      const [row] = (await engine.read(statements.load, { tid })).rows;
      return row && { version: row.version, document: documentOf(row.payload) };
    },
    async save(expectedVersion, document) {
      const payload = JSON.stringify(document);
      const outcome =
        expectedVersion === 0
          ? await engine.write(statements.insert, { tid, payload })
          : await engine.write(statements.replace, { tid, payload, version: expectedVersion });
      return outcome.count > 0;
    },
  });
}

/** Not to be taken for missing: without its keys a server is another one. */
function documentOf(payload: string): JsonObject {
  try {
    return JSON.parse(payload);
  } catch {
    throw new Error(
      'the stored key set is broken: the payload of its row in jwks is not JSON; restore it from a backup',
    );
  }
}

function compile({ builder: db, verbs }: SqlEngine) {
  return {
    load: prepare('jwks.load', (p: Params<{ tid: string }>) =>
      db.selectFrom('jwks').select(['payload', 'version']).where('tid', '=', p.tid),
    ),
    insert: verbs.insertIfAbsent('jwks.insert', (p: Params<{ tid: string; payload: string }>) =>
      db
        .insertInto('jwks')
        .values({ tid: p.tid, payload: p.payload, version: 1 })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    replace: prepare('jwks.replace', (p: Params<{ tid: string; payload: string; version: number }>) =>
      db
        .updateTable('jwks')
        .set((row) => ({ payload: p.payload, version: row('version', '+', 1) }))
        .where('tid', '=', p.tid)
        .where('version', '=', p.version),
    ),
  };
}
