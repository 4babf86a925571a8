import type { AuthorizationKey, RememberedAuthorization } from '../../domain/authorization.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuthorizationStore, FoundAuthorization } from '../../ports/stores/authorizations.ts';
import type { Page } from '../../ports/stores/page.ts';
import { authorizationCursor } from '../authorization-page.ts';
import { removalMembers } from '../revocation-members.ts';
import { compileAuthorizations, members, type RemovalPage } from './authorization-statements.ts';
import { changeRow } from './change-row.ts';
import { ask, type Script, type SqlEngine, tell } from './engine.ts';
import { standingOf } from './marks.ts';
import type { PayloadReader } from './payload.ts';
import { fromColumnText } from './text.ts';

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
      return removeAll(parts, { tid, subject, actor, client_id: clientId });
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

/** Records that are removed in one transaction. */
const REMOVAL_PAGE = 200;

async function removeAll({ engine, statements }: Parts, name: Name): Promise<number> {
  const page = statements.removalPage(members.filter((member) => name[member] !== ''));
  let total = 0;
  for (;;) {
    const gone = await engine.transaction(() => removeRows(statements, page, name));
    total += gone;
    if (gone < REMOVAL_PAGE) return total;
  }
}

/** The records are held in the order of their keys, so that two removals never wait for each other. */
function* removeRows(
  { removeGrants, removeRecord }: Parts['statements'],
  page: RemovalPage,
  name: Name,
): Script<number> {
  const { rows } = yield* ask(page, { ...name, limit: REMOVAL_PAGE });
  for (const row of rows) {
    const key = {
      tid: name.tid,
      subject: fromColumnText(row.subject),
      actor: fromColumnText(row.actor),
      client_id: fromColumnText(row.client_id),
    };
    yield* tell(removeGrants, key);
    yield* tell(removeRecord, key);
  }
  return rows.length;
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
