import { type RawBuilder, sql } from 'kysely';
import { refreshEnd } from '../../../domain/grant.ts';
import { isJsonObject, type JsonObject } from '../../../domain/json.ts';
import { events } from '../../../events/catalogue.ts';
import { ask, type Script, type SqlEngine, tell } from '../engine.ts';
import { NEVER } from '../schema.ts';
import { type Args, type Params, prepare, type Statement } from '../statement.ts';
import { fromColumnText } from '../text.ts';
import { convertAccessToken, convertAuthorization } from './release-0.1-records.ts';
import type { Conversion } from './step.ts';

/** Rows that are held in memory at once. */
const PAGE = 1000;

/**
 * Converts what release 0.1 kept: the journal; remembered authorizations, which were grants too; access tokens. Records that
 * are broken are left out and logged. Codes and authorisation sessions, which live for minutes, are not carried over. The
 * statements are those of this step, whatever becomes of the tables later.
 */
export function* convertRelease01(conversion: Conversion): Script<void> {
  yield* convertJournal(conversion);
  yield* convertAuthorizations(conversion);
  yield* convertAccessTokens(conversion);
}

/** Entries against a grant end it; the others become marks. */
function* convertJournal({ engine, now }: Conversion): Script<void> {
  type End = { tid: string; id: string; expires_at: number };
  const end = prepare('migrations.3.end', (p: Params<End>) =>
    command(
      engine,
      sql`insert into grants (tid, id, subject, actor, client_id, payload, ended, rotations, issued_at, used_at, expires_at)
        values (${p.tid}, ${p.id}, '', '', '', null, 1, 0, 0, 0, ${p.expires_at}) on conflict do nothing`,
    ),
  );
  type Mark = {
    tid: string;
    subject: string;
    actor: string;
    client_id: string;
    not_before: number;
    expires_at: number;
  };
  const mark = prepare('migrations.3.mark', (p: Params<Mark>) =>
    command(
      engine,
      sql`insert into revocation_marks (tid, subject, actor, client_id, not_before, revocations, expires_at)
        values (${p.tid}, ${p.subject}, ${p.actor}, ${p.client_id}, ${p.not_before}, 1, ${p.expires_at})`,
    ),
  );
  const table = {
    name: 'revocation_journal',
    key: ['tid', 'sub', 'act', 'cid', 'gid'],
    text: [],
    numbers: ['revoked_at', 'expires_at'],
  } as const;
  yield* eachRow(engine, table, function* (row) {
    const { tid, sub: subject, act: actor, cid: client_id, gid: id, expires_at } = row;
    if (expires_at <= now) return;
    if (id !== '') yield* tell(end, { tid, id, expires_at });
    else yield* tell(mark, { tid, subject, actor, client_id, not_before: row.revoked_at, expires_at });
  });
}

function* convertAuthorizations(conversion: Conversion): Script<void> {
  const { engine } = conversion;
  type Remembered = { tid: string; subject: string; actor: string; client_id: string; payload: string };
  const remember = prepare('migrations.3.authorization', (p: Params<Remembered>) =>
    command(
      engine,
      sql`insert into authorizations (tid, subject, actor, client_id, payload, version)
        values (${p.tid}, ${p.subject}, ${p.actor}, ${p.client_id}, ${p.payload}, 1)`,
    ),
  );
  type Stored = Remembered & { id: string; issued_at: number; used_at: number; expires_at: number };
  const store = prepare('migrations.3.grant', (p: Params<Stored>) =>
    command(
      engine,
      sql`insert into grants (tid, id, subject, actor, client_id, payload, ended, rotations, issued_at, used_at, expires_at)
        values (${p.tid}, ${p.id}, ${p.subject}, ${p.actor}, ${p.client_id}, ${p.payload}, 0, 0, ${p.issued_at},
          ${p.used_at}, ${p.expires_at}) on conflict do nothing`,
    ),
  );
  const table = {
    name: 'long_lived_authorizations',
    key: ['tid', 'sub', 'act', 'cid'],
    text: ['payload'],
    numbers: [],
  } as const;
  yield* eachRow(engine, table, function* ({ tid, sub: subject, act: actor, cid: client_id, payload }) {
    const key = `${subject}, ${actor}, ${client_id}`;
    const converted = convertPayload(conversion, payload, { table: table.name, key }, convertAuthorization);
    if (!converted) return;
    const { remembered, refresh } = converted;
    yield* tell(remember, { tid, subject, actor, client_id, payload: JSON.stringify(remembered) });
    if (!refresh) return;
    const { grant, state } = refresh;
    const { grantId, refreshTokenMaxIdle } = grant.authorization;
    yield* tell(store, {
      tid,
      id: grantId,
      subject,
      actor,
      client_id,
      payload: JSON.stringify(grant),
      issued_at: state.issuedAt,
      used_at: state.usedAt,
      expires_at: refreshEnd(grant.refreshExpiresAt, refreshTokenMaxIdle, state.usedAt) ?? NEVER,
    });
  });
}

function* convertAccessTokens(conversion: Conversion): Script<void> {
  const { engine, now } = conversion;
  type Token = {
    tid: string;
    key: string;
    subject: string;
    actor: string;
    client_id: string;
    grant_id: string;
    token_id: string;
    payload: string;
    expires_at: number;
  };
  const issue = prepare('migrations.3.access_token', (p: Params<Token>) =>
    command(
      engine,
      sql`insert into access_tokens (tid, key, subject, actor, client_id, grant_id, token_id, payload, expires_at)
        values (${p.tid}, ${p.key}, ${p.subject}, ${p.actor}, ${p.client_id}, ${p.grant_id}, ${p.token_id},
          ${p.payload}, ${p.expires_at})`,
    ),
  );
  const table = {
    name: 'id_access_tokens',
    key: ['tid', 'key'],
    text: ['payload'],
    numbers: ['expires_at'],
  } as const;
  yield* eachRow(engine, table, function* ({ tid, key, payload, expires_at }) {
    if (expires_at <= now) return;
    const token = convertPayload(conversion, payload, { table: table.name, key }, convertAccessToken);
    if (!token) return;
    yield* tell(issue, {
      tid,
      key,
      subject: token.subject,
      actor: token.actor ?? '',
      client_id: token.clientId,
      grant_id: token.grantId,
      token_id: token.id,
      payload: JSON.stringify(token),
      expires_at,
    });
  });
}

/** A table that is read page by page in the order of its key, all of which is text. */
interface OldTable<K extends string, T extends string, N extends string> {
  readonly name: string;
  readonly key: readonly K[];
  readonly text: readonly T[];
  readonly numbers: readonly N[];
}

type OldRow<K extends string, T extends string, N extends string> = { readonly [C in K | T]: string } & {
  readonly [C in N]: number;
};

function* eachRow<K extends string, T extends string, N extends string>(
  engine: SqlEngine,
  { name, key, text, numbers }: OldTable<K, T, N>,
  visit: (row: OldRow<K, T, N>) => Script<void>,
): Script<void> {
  const list = (columns: readonly string[]) => sql.join(columns.map((column) => sql.ref(column)));
  const page: Statement<Args, OldRow<K, T, N>> = prepare(`migrations.3.page.${name}`, (p: Params<Args>) =>
    command(
      engine,
      sql<OldRow<K, T, N>>`select ${list([...key, ...text, ...numbers])} from ${sql.raw(name)}
        where (${list(key)}) > (${sql.join(key.map((column) => p[column]))})
        order by ${list(key)} limit ${sql.lit(PAGE)}`,
    ),
  );
  let after: Args = Object.fromEntries(key.map((column) => [column, '']));
  for (;;) {
    const { rows } = yield* ask(page, after);
    for (const row of rows) {
      const plain: OldRow<K, T, N> = { ...row };
      // What is written is escaped again.
      yield* visit(Object.assign(plain, keyOf(row, key)));
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = keyOf(last, key);
  }
}

function keyOf<K extends string>(row: { readonly [C in K]: string }, key: readonly K[]): Record<string, string> {
  return Object.fromEntries(key.map((column) => [column, fromColumnText(row[column])]));
}

/** `undefined` for a broken record, which is logged. */
function convertPayload<T>(
  { events: told }: Conversion,
  payload: string,
  place: { readonly table: string; readonly key: string },
  convert: (old: JsonObject) => T,
): T | undefined {
  try {
    const old: unknown = JSON.parse(payload);
    if (isJsonObject(old)) return convert(old);
  } catch {
    // The error may quote the payload, which may hold secrets.
  }
  told.emit(events.storage.recordBroken, { ...place });
  return undefined;
}

function command<R>({ builder }: SqlEngine, query: RawBuilder<R>) {
  return { compile: () => query.compile(builder) };
}
