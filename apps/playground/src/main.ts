import { createServer } from 'node:http';
import { createPlayground } from './app.ts';
import { readSettings } from './settings.ts';

try {
  const { host, port, playground: options } = readSettings(process.env);
  const playground = createPlayground({
    ...options,
    onError: (error, reference) =>
      console.error(`${reference}: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
    void playground.handler(request, response);
  });
  server.on('error', (error) => {
    console.error(`Cannot listen on ${host}:${port}: ${error.message} (PLAYGROUND_HOST, PLAYGROUND_PORT)`);
    process.exitCode = 1;
  });
  server.listen(port, host, () => console.log(`Playground for ${options.issuer}: ${options.publicUrl}`));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
