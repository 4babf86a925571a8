import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { runTessera, soundSettings, temporaryDirectory } from './run-tessera.ts';

/** A port that somebody else listens at until the test is over. */
async function takenPort(): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}

test.each<[string, () => Promise<Record<string, string>>, RegExp]>([
  [
    'a port that is taken',
    async () => ({ 'http.port': `${await takenPort()}` }),
    /http\.port=\d+: .*EADDRINUSE.*--port of tessera dev/,
  ],
  [
    'a database that is away',
    async () => ({ 'storage.profile': 'postgres', 'dataSource.url': 'postgres://nobody:x@127.0.0.1:1/none' }),
    /dataSource\.url.*ECONNREFUSED/,
  ],
])('%s is told in a sentence, without stack, and with status 1', async (_what, properties, told) => {
  const { status, stdout, stderr } = await runTessera([
    'serve',
    ...soundSettings(temporaryDirectory(), await properties()),
  ]);
  expect(stderr).toMatch(/^The server cannot start: .*\n$/);
  expect(stderr).toMatch(told);
  expect(stdout).toMatch(/ERROR OP9014 .*reason=/);
  expect(stdout).not.toContain('stack');
  expect(status).toBe(1);
});
