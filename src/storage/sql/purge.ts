import { setTimeout } from 'node:timers/promises';
import type { SubjectSession } from '../../domain/subject-session.ts';
import { events } from '../../events/catalogue.ts';
import type { Events } from '../../ports/events.ts';
import type { FollowExpired, KeyedSubjectSession } from '../../ports/stores/subject-sessions.ts';
import { ask, type Script, type SqlEngine } from './engine.ts';
import type { PayloadReader } from './payload.ts';
import type { SqlRecords } from './records.ts';
import { expiringTables } from './schema.ts';
import { fromColumnText } from './text.ts';

/** Milliseconds for which a page may hold the thread, where the database runs on it; the next one is smaller or larger. */
const LONGEST_HOLD = 10;
/** Rows of a page at least. */
const SMALLEST_PAGE = 10;

/** What a purge works with. */
export interface PurgeOptions {
  readonly engine: SqlEngine;
  /** The time by which rows have expired, Unix seconds. */
  readonly time: () => Promise<number>;
  readonly events: Events;
  readonly read: PayloadReader;
  /** Keeps what follows from the end of subject sessions. */
  readonly records: SqlRecords;
  /** Rows per statement at most. */
  readonly pageLimit: number;
}

/**
 * A function that deletes what has expired at its begin, of all tenants, page by page along the expiry index, and answers how many
 * rows went. After each page it pauses for as long as that took, so that requests have the other half of the database at least.
 * Several processes may purge at once: on PostgreSQL they pass over rows that another holds. A page that fails is logged
 * and ends the work on its table for this time; the other tables are purged all the same.
 */
export function createPurge(options: PurgeOptions): (follow?: FollowExpired) => Promise<number> {
  const { engine } = options;
  const pages = expiringTables.map((table) => ({ table, page: engine.verbs.purgePage(table) }));
  return async (follow) => {
    const now = await options.time();
    let total = 0;
    for (const { table, page } of pages) {
      try {
        total += await purgeTable(options, (limit) =>
          table === 'subject_sessions' && follow
            ? engine.transaction(() => purgeSessions(options, { now, limit }, follow))
            : engine.write(page, { now, limit }).then(({ count }) => count),
        );
      } catch (error) {
        options.events.emit(events.storage.tablePurgeFailed, { table }, error);
      }
    }
    options.events.emit(events.storage.purged, { rows: total });
    return total;
  };
}

async function purgeTable(
  { engine, pageLimit }: PurgeOptions,
  page: (limit: number) => Promise<number>,
): Promise<number> {
  let gone = 0;
  for (let limit = pageLimit; ; ) {
    const started = performance.now();
    const count = await page(limit);
    const took = performance.now() - started;
    gone += count;
    if (count < limit) return gone;
    if (engine.holdsThread) limit = nextLimit(limit, took, pageLimit);
    await setTimeout(took);
  }
}

function nextLimit(limit: number, took: number, most: number): number {
  const fitting = took > LONGEST_HOLD ? Math.floor(limit / 2) : took < LONGEST_HOLD / 4 ? limit * 2 : limit;
  return Math.min(Math.max(fitting, SMALLEST_PAGE), most);
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
