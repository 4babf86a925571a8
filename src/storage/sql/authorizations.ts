import type { AuthorizationKey, RememberedAuthorization } from '../../domain/authorization.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuthorizationStore, FoundAuthorization } from '../../ports/stores/authorizations.ts';
import type { Page } from '../../ports/stores/page.ts';
import { authorizationCursor } from '../authorization-page.ts';
import { removalMembers } from '../revocation-members.ts';
import { compileAuthorizations, members } from './authorization-statements.ts';
import { changeRow } from './change-row.ts';
import { ask, type Script, type SqlEngine, tell } from './engine.ts';
import { standingOf } from './marks.ts';
import type { PayloadReader } from './payload.ts';

type Parts = {
  readonly engine: SqlEngine;
  readonly statements: ReturnType<typeof compileAuthorizations>;
  readonly read: PayloadReader;
};

/** The remembered authorizations of all tenants. */
export function createAuthorizations(
  engine: SqlEngine,
  clock: Clock,
  read: PayloadReader,
): (tid: string) => AuthorizationStore {
  const statements = compileAuthorizations(engine);
  const parts = { engine, statements, read };
  return (tid) => ({
    find: (key) => find(parts, clock, nameOf(tid, key)),
    change: (key, change) => changeRecord(parts, nameOf(tid, key), change),
    async remove(filter) {
      const { subject, actor, clientId } = removalMembers(filter);
      const name = { tid, subject, actor, client_id: clientId };
      return recordsOf(parts, await engine.transaction(() => removeRows(parts, name)), name);
    },
    async listBySubject(subject) {
      return recordsOf(parts, (await engine.read(statements.listBySubject, { tid, subject })).rows, { subject });
    },
    listByClient: (clientId, page) => listByClient(parts, tid, clientId, page),
    async count() {
      return (await engine.read(statements.count, { tid })).rows[0]?.count ?? 0;
    },
  });
}

type Name = { tid: string; subject: string; actor: string; client_id: string };

function nameOf(tid: string, { subject, actor, clientId }: AuthorizationKey): Name {
  return { tid, subject, actor, client_id: clientId };
}

/** What is known of the key of a broken row is what it was looked for by. */
function recordsOf(
  { read }: Parts,
  rows: readonly { readonly payload: string }[],
  { subject = '*', actor = '*', client_id = '*' }: Partial<Name>,
): RememberedAuthorization[] {
  const key = `${subject}, ${actor}, ${client_id}`;
  const records = rows.map((row) => read<RememberedAuthorization>(row.payload, 'authorizations', key));
  return records.filter((record) => record !== undefined);
}

async function find(parts: Parts, clock: Clock, name: Name): Promise<FoundAuthorization> {
  const { engine, statements } = parts;
  const statement = name.actor === '' ? statements.find : statements.findActing;
  const [row] = (await engine.read(statement, { ...name, now: clock.now() })).rows;
  if (!row) throw new Error('Statement authorizations.find answered no row');
  const { payload } = row;
  return {
    remembered: payload === null ? undefined : recordsOf(parts, [{ payload }], name)[0],
    notBefore: standingOf(row).notBefore,
  };
}

function changeRecord(
  parts: Parts,
  name: Name,
  change: (current: RememberedAuthorization | undefined) => RememberedAuthorization | undefined,
): Promise<RememberedAuthorization | undefined> {
  const { engine, statements } = parts;
  return changeRow({
    engine,
    key: name,
    select: statements.get,
    lock: statements.lock,
    decide(row) {
      const current = row && recordsOf(parts, [row], name)[0];
      const value = change(current);
      if (!value) return { value: current, write: undefined };
      const content = { ...name, payload: JSON.stringify(value) };
      if (!row) return { value, write: () => ask(statements.insert, content) };
      return { value, write: () => ask(statements.replace, { ...content, version: row.version }) };
    },
  });
}

/** The records are held in the order of their keys, so that two removals never wait for each other. */
function* removeRows({ statements }: Parts, name: Name): Script<readonly { readonly payload: string }[]> {
  const removal = statements.removal(members.filter((member) => name[member] !== ''));
  const { rows } = yield* ask(removal.lock, name);
  if (rows.length === 0) return rows;
  yield* tell(removal.grants, name);
  yield* tell(removal.records, name);
  return rows;
}

async function listByClient(
  parts: Parts,
  tid: string,
  clientId: string,
  { after, limit }: Page,
): Promise<readonly RememberedAuthorization[]> {
  const { engine, statements } = parts;
  const cursor = authorizationCursor(after);
  const args = { tid, client_id: clientId, subject: cursor?.subject ?? '', limit };
  const { rows } =
    cursor?.actor === undefined
      ? await engine.read(statements.listBehindSubject, args)
      : await engine.read(statements.listBehindActor, { ...args, actor: cursor.actor });
  return recordsOf(parts, rows, { client_id: clientId });
}
