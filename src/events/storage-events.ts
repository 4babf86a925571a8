import { debug, error, warn } from './event.ts';

/** The storage. */
export const storageEvents = {
  recordBroken: error(
    'IS0141',
    'A stored record is broken and counts as missing',
    { table: 'text', key: 'text' },
    { meaning: '`table` and `key` (a digest, client ID or subject) say which row; restore or delete it' },
  ),
  purged: debug('IS0128', 'Purge of expired rows finished', { rows: 'number' }),
  purgeFailed: error('IS9001', 'The purge of expired entries failed', {}),
  tablePurgeFailed: error('IS9002', 'Purge of expired rows failed, to be tried again at the next purge', {
    table: 'text',
  }),
  connectionLost: warn(
    'IS9003',
    'PostgreSQL connection lost',
    { reason: 'text' },
    {
      meaning: 'Or cut because it gave no answer for 8 seconds; another one is opened when needed',
      collectedBy: 'reason',
    },
  ),
  away: error(
    'IS9004',
    'A request failed because the storage is away',
    { cause: 'text', method: 'text?', route: 'text?' },
    {
      meaning:
        'It cannot be reached, takes no writes, is full or has no connection to spare; `cause` is the SQLSTATE of PostgreSQL, the result code of SQLite or the error code of the system. The caller got 503 `temporarily_unavailable` with `Retry-After`',
      collectedBy: 'cause',
    },
  ),
  purgeBehind: warn(
    'IS9005',
    'The purge of expired entries takes longer than the time between two purges',
    { interval_ms: 'number' },
    {
      meter: 'storage.purgesLeftOut',
      meaning:
        'It goes on, and requests have precedence. When it comes again and again, more expires than the database can delete beside them: shorten lifetimes, or give it more resources',
    },
  ),
  clockDiffers: warn(
    'IS9006',
    'The clock of this machine differs from that of the database',
    { seconds: 'number' },
    {
      meaning:
        'By so many seconds it is ahead. Expired entries are deleted by the clock of the database; what this process issues lives that much longer or shorter than for the others. Set the clock',
    },
  ),
  migrationWaits: warn(
    'IS9007',
    'The migration of the schema waits for others who hold its tables',
    { attempt: 'number', reason: 'text' },
    { meaning: 'It lets go in between, so that requests of other processes go on, and gives up after a minute' },
  ),
} as const;
