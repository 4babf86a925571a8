import { sql } from 'kysely';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { SqlEngine } from './engine.ts';
import { expiringTables } from './schema.ts';
import { type Params, prepare } from './statement.ts';

/** Pages of one table in one purge: what is left then waits for the next, so that no purge runs without end. */
const PAGES_PER_TABLE = 1000;

/** What a purge works with. */
export interface PurgeOptions {
  readonly engine: SqlEngine;
  readonly clock: Clock;
  readonly log: Log;
  /** Rows per statement. */
  readonly pageLimit: number;
}

/**
 * A function that deletes expired rows of all tenants, page by page along the expiry index, and answers how many went.
 * Several processes may purge at once: on PostgreSQL they pass over rows that another holds. A page that fails is logged
 * and ends the work on its table for this time; the other tables are purged all the same.
 */
export function createPurge({ engine, clock, log, pageLimit }: PurgeOptions): () => Promise<number> {
  const pages = expiringTables.map((table) => ({ table, page: purgePage(engine, table) }));

  async function purgeTable(page: (typeof pages)[number]['page']): Promise<number> {
    let gone = 0;
    for (let round = 0; round < PAGES_PER_TABLE; round++) {
      const { count } = await engine.write(page, { now: clock.now(), limit: pageLimit });
      gone += count;
      if (count < pageLimit) break;
    }
    return gone;
  }

  return async () => {
    let total = 0;
    for (const { table, page } of pages) {
      try {
        total += await purgeTable(page);
      } catch (error) {
        log.error('IS9002', `Purge of expired rows failed, to be tried again at the next purge`, { table }, error);
      }
    }
    log.debug('IS0128', 'Purge of expired rows finished', { rows: total });
    return total;
  };
}

/** The row's physical address spares the second look-up by key. */
function purgePage({ builder: db, dialect }: SqlEngine, table: (typeof expiringTables)[number]) {
  return prepare(`${table}.purge`, (p: Params<{ now: number; limit: number }>) => {
    const expired = db.selectFrom(table).where('expires_at', '<=', p.now).orderBy('expires_at').limit(p.limit);
    if (dialect === 'sqlite') {
      const rows = expired.select(sql<number>`rowid`.as('address'));
      return db.deleteFrom(table).where(sql`rowid`, 'in', rows);
    }
    const rows = expired.select(sql<number>`ctid`.as('address')).forUpdate().skipLocked();
    return db.deleteFrom(table).where(sql<boolean>`ctid = any(array(${rows}))`).where('expires_at', '<=', p.now);
  });
}
