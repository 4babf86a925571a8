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
    { meaning: 'Or cut because it gave no answer for 8 seconds; another one is opened when needed' },
  ),
} as const;
