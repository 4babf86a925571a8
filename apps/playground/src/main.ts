import { runProgram, serve } from '../../kit/src/serve.ts';
import { createPlayground } from './app.ts';
import { readSettings } from './settings.ts';

await runProgram(() => {
  const { host, port, playground: options } = readSettings(process.env);
  const playground = createPlayground({
    ...options,
    onError: (error, reference) =>
      console.error(`${reference}: ${error instanceof Error ? error.stack : String(error)}`),
  });
  serve(playground.handler, { host, port, variables: 'PLAYGROUND_HOST, PLAYGROUND_PORT' }, () =>
    console.log(`Playground for ${options.issuer}: ${options.publicUrl}`),
  );
});
