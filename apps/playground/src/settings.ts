import { type Environment, portFrom, required, webAddress } from '../../kit/src/settings.ts';
import type { PlaygroundOptions } from './app.ts';

/** What `main.ts` runs with. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly playground: Pick<PlaygroundOptions, 'basePath' | 'publicUrl' | 'issuer' | 'clientId' | 'clientSecret'>;
}

/**
 * Reads the settings from environment variables (README.md lists them). Throws an `Error` that names the variable to change.
 */
export function readSettings(environment: Environment): Settings {
  const port = portFrom(environment, 'PLAYGROUND_PORT', 9000);
  const publicUrl = environment['PLAYGROUND_URL'] || `http://localhost:${port}/`;
  const { pathname } = webAddress('PLAYGROUND_URL', publicUrl);
  return {
    host: environment['PLAYGROUND_HOST'] || '127.0.0.1',
    port,
    playground: {
      basePath: environment['PLAYGROUND_BASE_PATH'] || pathname,
      publicUrl,
      issuer: environment['PLAYGROUND_ISSUER'] || 'http://localhost:8080',
      clientId: required(environment, 'PLAYGROUND_CLIENT_ID', 'the client_id from the registration'),
      clientSecret: environment['PLAYGROUND_CLIENT_SECRET'] ?? '',
    },
  };
}
