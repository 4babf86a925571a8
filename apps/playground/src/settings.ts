import type { PlaygroundOptions } from './app.ts';

/** What `main.ts` runs with. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly playground: Pick<PlaygroundOptions, 'basePath' | 'publicUrl' | 'issuer' | 'clientId' | 'clientSecret'>;
}

function required(environment: Readonly<Record<string, string | undefined>>, name: string, example: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`Set ${name}, such as ${example}`);
  return value;
}

/**
 * Reads the settings from environment variables (README.md lists them). Throws an `Error` that names the variable to change.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const entered = environment['PLAYGROUND_PORT'] || '9000';
  const port = Number(entered);
  if (!/^\d+$/.test(entered) || port > 65_535)
    throw new Error(`PLAYGROUND_PORT must be 0 to 65535, received "${entered}"`);
  const publicUrl = environment['PLAYGROUND_URL'] || `http://localhost:${port}/`;
  if (!URL.canParse(publicUrl)) throw new Error(`PLAYGROUND_URL must be a URL, received "${publicUrl}"`);
  return {
    host: environment['PLAYGROUND_HOST'] || '127.0.0.1',
    port,
    playground: {
      basePath: environment['PLAYGROUND_BASE_PATH'] || new URL(publicUrl).pathname,
      publicUrl,
      issuer: environment['PLAYGROUND_ISSUER'] || 'http://localhost:8080',
      clientId: required(environment, 'PLAYGROUND_CLIENT_ID', 'the client_id from the registration'),
      clientSecret: environment['PLAYGROUND_CLIENT_SECRET'] ?? '',
    },
  };
}
