import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

test('the base path follows the public URL', () => {
  const settings = readSettings({ PLAYGROUND_CLIENT_ID: 'c', PLAYGROUND_URL: 'https://demo.example/try' });
  expect(settings.playground).toEqual({
    basePath: '/try',
    publicUrl: 'https://demo.example/try',
    issuer: 'http://localhost:8080',
    clientId: 'c',
    clientSecret: '',
  });
});

test.each([
  [{}, 'PLAYGROUND_CLIENT_ID'],
  [{ PLAYGROUND_CLIENT_ID: 'c', PLAYGROUND_PORT: 'x' }, 'PLAYGROUND_PORT'],
  [{ PLAYGROUND_CLIENT_ID: 'c', PLAYGROUND_URL: 'x' }, 'PLAYGROUND_URL'],
])('names the variable to change: %j', (environment, name) => {
  expect(() => readSettings(environment)).toThrow(name);
});
