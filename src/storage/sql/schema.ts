import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
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

interface PendingCodesTable extends Keyed, Expiring {
  /** Becomes `expires_at` when the code is redeemed. */
  retain_until: number;
  /** 1 once redeemed. */
  redeemed: number;
}

/** What the journal compares with. Empty text stands for a member that is not given. */
interface JournalMembers {
  sub: string;
  act: string;
  cid: string;
  gid: string;
}

interface IdAccessTokensTable extends Keyed, Expiring, JournalMembers {}

interface RevocationJournalTable extends JournalMembers, Expiring {
  tid: string;
  revoked_at: number;
}

interface LongLivedAuthorizationsTable {
  tid: string;
  sub: string;
  /** Empty text: no actor. */
  act: string;
  cid: string;
  payload: string;
  /** The refresh token seed, out of the payload so that a condition can name it. */
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

interface AuthSessionsTable extends Keyed, Expiring {
  version: number;
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

/** The tables, as reference for the typed statements; `migrations.ts` makes them. */
export interface Schema {
  clients: ClientsTable;
  pending_codes: PendingCodesTable;
  id_access_tokens: IdAccessTokensTable;
  long_lived_authorizations: LongLivedAuthorizationsTable;
  revocation_journal: RevocationJournalTable;
  expended_tokens: ExpendedTokensTable;
  auth_sessions: AuthSessionsTable;
  subject_sessions: SubjectSessionsTable;
  jwks: JwksTable;
  schema_migrations: { version: number; name: string; applied_at: number };
}

/** The tables whose rows end, and so are purged. */
export const expiringTables = [
  'pending_codes',
  'id_access_tokens',
  'revocation_journal',
  'expended_tokens',
  'auth_sessions',
  'subject_sessions',
] as const satisfies readonly (keyof Schema)[];

/** A typed builder of statements that never runs one itself: the engines do, with their own prepared statements. */
export type StatementBuilder = Kysely<Schema>;

/** The builder for a dialect; with `schema`, a PostgreSQL schema, every table name is qualified by it. */
export function statementBuilder(dialect: SqlDialect, schema?: string): StatementBuilder {
  const builder = new Kysely<Schema>({
    dialect:
      dialect === 'sqlite'
        ? {
            createAdapter: () => new SqliteAdapter(),
            createDriver: () => new DummyDriver(),
            createIntrospector: (db) => new SqliteIntrospector(db),
            createQueryCompiler: () => new SqliteQueryCompiler(),
          }
        : {
            createAdapter: () => new PostgresAdapter(),
            createDriver: () => new DummyDriver(),
            createIntrospector: (db) => new PostgresIntrospector(db),
            createQueryCompiler: () => new PostgresQueryCompiler(),
          },
  });
  return schema === undefined ? builder : builder.withSchema(schema);
}
