import { describe, expect, test } from 'vitest';
import { events } from '../events/catalogue.ts';
import type { Log, LogFields } from '../ports/log.ts';
import type { Route } from '../protocol/context.ts';
import { defaultsOf } from '../testing/defaults.ts';
import { testProvider } from '../testing/test-server.ts';
import { httpProperties } from './properties.ts';
import { createHttpServer } from './server.ts';

interface Line {
  readonly id: string;
  readonly fields: LogFields;
}

function logInto(lines: Line[], shared: LogFields = {}): Log {
  const note = (id: string, _text: string, fields: LogFields = {}) =>
    void lines.push({ id, fields: { ...shared, ...fields } });
  return {
    debug: note,
    info: note,
    warn: note,
    error: note,
    child: (fields) => logInto(lines, { ...shared, ...fields }),
  };
}

describe('a request that fails for an internal reason', () => {
  test.each([
    { path: '/sessions/top-secret?code=also-secret', route: '/sessions/{sid}' },
    { path: '/plain?code=also-secret', route: '/plain' },
  ])('is found in the log by its identifier and the route $route, without what is secret in $path', async (given) => {
    const lines: Line[] = [];
    const endpoint: Route['endpoint'] = async (ctx) => {
      ctx.emit(events.authorization.answered, { clientId: 'c' });
      throw new Error('the disk is full');
    };
    const provider = await testProvider({ log: logInto(lines) });
    lines.length = 0;
    const server = createHttpServer({
      provider,
      routes: [
        { method: 'GET', path: '/sessions/{sid}', wellKnown: false, endpoint },
        { method: 'GET', path: '/plain', wellKnown: false, endpoint },
      ],
      mounts: [],
      settings: { ...defaultsOf(httpProperties), port: 0 },
    });
    const response = await fetch(`http://127.0.0.1:${await server.listen()}${given.path}`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: 'server_error' });
    const requestId = response.headers.get('x-correlation-id');
    expect(requestId).toMatch(/^[0-9a-f]{8}-\w+$/);
    expect(lines).toEqual([
      { id: 'OP2103', fields: { requestId, clientId: 'c' } },
      { id: 'OP9000', fields: { requestId, method: 'GET', route: given.route } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
    await server.close();
  });
});
