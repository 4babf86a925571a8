import { boolean, integer, oneOf, type SettingsOf, text, textWithDefault } from '../config/property.ts';

/** Properties of the storage. */
export const storageProperties = {
  profile: oneOf(
    'storage.profile',
    ['memory', 'sqlite', 'postgres'],
    'sqlite',
    'Where everything is kept: memory (for tests; nothing survives), sqlite (one machine), postgres (any number of server processes).',
  ),
  sqliteFile: textWithDefault('storage.sqlite.file', 'tessera.db', 'The SQLite database file.'),
  sqliteSynchronous: oneOf(
    'storage.sqlite.synchronous',
    ['FULL', 'NORMAL'],
    'FULL',
    'FULL: each commit waits for the disk. NORMAL: it does not, which is faster on slow disks, and a power failure takes back the latest tokens, sessions and revocations.',
  ),
  url: text(
    'dataSource.url',
    'Connection URL of PostgreSQL, postgres://host:port/database; a leading jdbc: is ignored.',
    {
      secret: true,
    },
  ),
  user: text('dataSource.user', 'User name at the database.'),
  password: text('dataSource.password', 'Password at the database.', { secret: true }),
  schema: text('dataSource.databaseSchema', 'Schema of the tables; absent: public.'),
  maxPoolSize: integer(
    'dataSource.maxPoolSize',
    5,
    'Connections of one process to the database at most: three for single statements, the rest for transactions.',
    { min: 4, max: 200 },
  ),
  maxLifetime: integer('dataSource.maxLifetime', 1_800_000, 'For how long a connection is used.', {
    unit: 'milliseconds',
    min: 30_000,
  }),
  createTables: boolean(
    'dataSource.createTableIfMissing',
    true,
    'Make and migrate the tables at the start. Otherwise the server refuses to start on an old schema.',
  ),
  pageLimit: integer('dataSource.expiredQueryPageLimit', 1000, 'Expired entries that are purged at once.', {
    min: 10,
    max: 100_000,
  }),
} as const;

/** Values of the storage properties. */
export type StorageSettings = SettingsOf<typeof storageProperties>;
