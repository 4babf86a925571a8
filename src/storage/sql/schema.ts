import {
  type Dialect,
  DummyDriver,
  type Expression,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';

/** The SQL dialects that the schema and the statements are written for. */
export type SqlDialect = 'sqlite' | 'postgres';

/** Expiry of what never expires: Unix seconds, the largest integer that JavaScript holds exactly. */
export const NEVER = Number.MAX_SAFE_INTEGER;

interface Keyed {
  tid: string;
  key: string;
  /** The record as JSON text. Text and not a JSON type: it must come back byte by byte, with `\u0000` in it too. */
  payload: string;
}

interface Expiring {
  /** Unix seconds from which on the row counts as absent; indexed, the purge follows it. */
  expires_at: number;
}

interface ClientsTable {
  tid: string;
  client_id: string;
  payload: string;
  version: number;
}

/** What marks speak against. Empty text: no actor; in a mark, that the member is not given. */
interface Parties {
  subject: string;
  actor: string;
  client_id: string;
}

interface PendingCodesTable extends Keyed, Expiring, Parties {
  grant_id: string;
  /** Becomes `expires_at` when the code is redeemed. */
  retain_until: number;
  /** 1 once redeemed. */
  redeemed: number;
}

interface AccessTokensTable extends Keyed, Expiring, Parties {
  grant_id: string;
  /** `jti`. */
  token_id: string;
}

interface RevocationMarksTable extends Parties, Expiring {
  tid: string;
  /** Unix seconds. */
  not_before: number;
  /** How many revocations fell into that second. */
  revocations: number;
}

interface AuthorizationsTable extends Parties {
  tid: string;
  payload: string;
  version: number;
}

/**
 * Grants with the state of their refresh tokens; the counters of self-contained refresh tokens; and what has ended, grants
 * and single tokens, so that neither comes back.
 */
interface GrantsTable extends Parties, Expiring {
  tid: string;
  id: string;
  /** Null but for a stored grant that has not ended. */
  payload: string | null;
  /** 1 once ended. */
  ended: number;
  rotations: number;
  issued_at: number;
  used_at: number;
  /** Of the subject session that a stored grant belongs to; null in rows of before there was this column, too. */
  session_key: string | null;
}

interface RecordsTable extends Keyed, Expiring {
  kind: string;
  version: number;
}

interface ExpendedTokensTable extends Expiring {
  tid: string;
  kind: string;
  id: string;
  used_at: number;
  /** The use before, as the last statement saw it; null when there was none. */
  previous_at: number | null;
}

interface SubjectSessionsTable extends Keyed, Expiring {
  sub: string;
  ctx: string;
  /** Order of creation among the sessions of one subject. */
  seq: number;
  /** Unix seconds at which the session ends however much it is used. */
  life_end: number;
  /** Seconds without use after which it ends. */
  idle: number;
  version: number;
}

interface JwksTable {
  tid: string;
  payload: string;
  version: number;
}

/** The tables, as reference for the typed statements; the migrations make them. */
export interface Schema {
  clients: ClientsTable;
  pending_codes: PendingCodesTable;
  access_tokens: AccessTokensTable;
  authorizations: AuthorizationsTable;
  grants: GrantsTable;
  revocation_marks: RevocationMarksTable;
  expended_tokens: ExpendedTokensTable;
  records: RecordsTable;
  subject_sessions: SubjectSessionsTable;
  jwks: JwksTable;
  facts: { name: string; value: string };
  schema_migrations: { version: number; name: string; applied_at: number };
}

/** The tables whose rows end, and so are purged; subject sessions first, whose end writes records. */
export const expiringTables = [
  'subject_sessions',
  'pending_codes',
  'access_tokens',
  'grants',
  'revocation_marks',
  'expended_tokens',
  'records',
] as const satisfies readonly (keyof Schema)[];

/** A table whose rows end. */
export type ExpiringTable = (typeof expiringTables)[number];

/** A typed builder of statements that never runs one itself: the engines do, with their own prepared statements. */
export type StatementBuilder = Kysely<Schema>;

/**
 * The condition on the tenant for statements that find rows by another index than the primary key. That begins with the tenant, too, and
 * must not look like a way to them: an expression fits no index.
 */
export function ofTenant(tid: Expression<string>, column: RawBuilder<unknown> = sql.ref('tid')): RawBuilder<boolean> {
  return sql<boolean>`${column} || '' = ${tid}`;
}

const dialects: Readonly<Record<SqlDialect, Dialect>> = {
  sqlite: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
  postgres: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
};

/** The builder for a dialect; with `schema`, a PostgreSQL schema, every table name is qualified by it. */
export function statementBuilder(dialect: SqlDialect, schema?: string): StatementBuilder {
  const builder = new Kysely<Schema>({ dialect: dialects[dialect] });
  return schema === undefined ? builder : builder.withSchema(schema);
}
