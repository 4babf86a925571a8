import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';

/**
 * One of the processes of `sqlite-processes.test.ts`: opens the file at the given instant (Unix milliseconds), tries to
 * consume 100 identifiers, which the others want too, and answers how many of them it was the first to have.
 */
const [file = '', instant = '0'] = process.argv.slice(2);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(0, Number(instant) - Date.now()));
const clock = createFakeClock();
const storage = await openSqliteStorage({ file, clock });
const { expended } = storage.tenant('t');
let first = 0;
for (let index = 0; index < 100; index++) {
  if ((await expended.consume('jti', `i${index}`, clock.now() + 60)).first) first++;
}
await storage.close();
process.send?.(first);
