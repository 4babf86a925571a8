import type { SubjectSession } from '../../domain/subject-session.ts';
import { events } from '../../events/catalogue.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/events.ts';
import type { FollowExpired, KeyedSubjectSession } from '../../ports/stores/subject-sessions.ts';
import { ask, type Script, type SqlEngine } from './engine.ts';
import type { PayloadReader } from './payload.ts';
import type { SqlRecords } from './records.ts';
import { expiringTables } from './schema.ts';
import { fromColumnText } from './text.ts';

/** Pages of one table in one purge: what is left then waits for the next, so that no purge runs without end. */
const PAGES_PER_TABLE = 1000;

/** What a purge works with. */
export interface PurgeOptions {
  readonly engine: SqlEngine;
  readonly clock: Clock;
  readonly events: Events;
  readonly read: PayloadReader;
  /** Keeps what follows from the end of subject sessions. */
  readonly records: SqlRecords;
  /** Rows per statement. */
  readonly pageLimit: number;
}

/**
 * A function that deletes expired rows of all tenants, page by page along the expiry index, and answers how many went.
 * Several processes may purge at once: on PostgreSQL they pass over rows that another holds. A page that fails is logged
 * and ends the work on its table for this time; the other tables are purged all the same.
 */
export function createPurge(options: PurgeOptions): (follow?: FollowExpired) => Promise<number> {
  const { engine, clock, pageLimit } = options;
  const pages = expiringTables.map((table) => ({ table, page: engine.verbs.purgePage(table) }));

  async function purgeTable(page: () => Promise<number>): Promise<number> {
    let gone = 0;
    for (let round = 0; round < PAGES_PER_TABLE; round++) {
      const count = await page();
      gone += count;
      if (count < pageLimit) break;
    }
    return gone;
  }

  return async (follow) => {
    let total = 0;
    for (const { table, page } of pages) {
      const now = () => ({ now: clock.now(), limit: pageLimit });
      try {
        total += await purgeTable(
          table === 'subject_sessions' && follow
            ? () => engine.transaction(() => purgeSessions(options, now(), follow))
            : async () => (await engine.write(page, now())).count,
        );
      } catch (error) {
        options.events.emit(events.storage.tablePurgeFailed, { table }, error);
      }
    }
    options.events.emit(events.storage.purged, { rows: total });
    return total;
  };
}

/** A page of expired sessions goes, and what follows from their end comes, or neither. */
function* purgeSessions(
  { engine, read, records }: PurgeOptions,
  at: { now: number; limit: number },
  follow: FollowExpired,
): Script<number> {
  const { rows } = yield* ask(engine.verbs.purgeSessions, at);
  const tenants = new Map<string, KeyedSubjectSession[]>();
  for (const row of rows) {
    const [tid, key] = [fromColumnText(row.tid), fromColumnText(row.key)];
    const session = read<SubjectSession>(row.payload, 'subject_sessions', key);
    if (!session) continue;
    const ended = tenants.get(tid) ?? [];
    ended.push({ key, session });
    tenants.set(tid, ended);
  }
  for (const [tid, ended] of tenants) yield* records.follow(tid, follow(tid, ended));
  return rows.length;
}
