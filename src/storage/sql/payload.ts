import { events } from '../../events/catalogue.ts';
import type { Events } from '../../ports/events.ts';

/**
 * The record that a payload column holds, written by this process or another of the same schema version; `undefined` when it is
 * no JSON object, which is told with table and key: one broken row must not stand for all others. Storage keys are
 * digests, client IDs or subjects, never credentials.
 */
export type PayloadReader = <T>(payload: string, table: string, key: string) => T | undefined;

/** A reader that tells of broken rows. */
export function createPayloadReader(told: Events): PayloadReader {
  return (payload, table, key) => {
    try {
      const record = JSON.parse(payload);
      if (typeof record === 'object' && record !== null) return record;
    } catch {
      // The error quotes the payload, which may hold secrets.
    }
    told.emit(events.storage.recordBroken, { table, key });
    return undefined;
  };
}

/** Reads on behind broken rows, so that a page is only short when it is the last one. */
export async function fillPage<Row, T>(
  { after, limit }: { readonly after?: string; readonly limit: number },
  source: {
    read(after: string, limit: number): Promise<readonly Row[]>;
    keyOf(row: Row): string;
    valueOf(row: Row): T | undefined;
  },
): Promise<readonly T[]> {
  const values: T[] = [];
  let last = after ?? '';
  for (;;) {
    const wanted = limit - values.length;
    const rows = await source.read(last, wanted);
    for (const row of rows) {
      const value = source.valueOf(row);
      if (value !== undefined) values.push(value);
      last = source.keyOf(row);
    }
    if (rows.length < wanted || values.length >= limit) return values;
  }
}
