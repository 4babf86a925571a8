import type { Clock } from '../../ports/clock.ts';
import { ask, type SqlEngine } from './engine.ts';
import { type Params, prepare } from './statement.ts';

/**
 * A function that resolves when the database takes a write in each way in which requests write: as a single statement and
 * within a transaction. One that is read-only or full answers whatever is read. Rejects with the reason otherwise.
 */
export function createCheck(engine: SqlEngine, clock: Clock): () => Promise<void> {
  const write = prepare('facts.checked', (p: Params<{ value: string }>) =>
    engine.builder
      .insertInto('facts')
      .values({ name: 'checked', value: p.value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: p.value })),
  );
  return async () => {
    const at = { value: `${clock.now()}` };
    await Promise.all([engine.write(write, at), engine.transaction(() => ask(write, at))]);
  };
}
