import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

const LEAST = { ISSUER: 'https://op.example', API_TOKEN: 't', USERS_FILE: 'users.json' };

describe('settings from the environment', () => {
  it('has defaults for all but three, and secure cookies for an https issuer', () => {
    expect(readSettings(LEAST)).toEqual({
      host: '127.0.0.1',
      port: 8081,
      app: {
        basePath: '/login',
        apiBaseUrl: 'https://op.example',
        apiToken: 't',
        sessionStoreToken: 't',
        usersFile: 'users.json',
        secureCookies: true,
        trustProxy: false,
        continueWithoutPassword: true,
        refreshIdTokens: true,
        requestLimits: { perAddress: 300, total: 20_000, lifetime: 900 },
        brand: 'Tessera',
      },
    });
    expect(readSettings({ ...LEAST, ISSUER: 'http://localhost:8080' }).app.secureCookies).toBe(false);
  });

  it.each([
    ['ISSUER', ''],
    ['ISSUER', 'ftp://x'],
    ['API_BASE_URL', 'nowhere'],
    ['API_TOKEN', ''],
    ['USERS_FILE', ''],
    ['LOGIN_PORT', '99999'],
    ['TRUST_PROXY', 'maybe'],
    ['LOGIN_OPEN_REQUESTS', '0'],
    ['LOGIN_OPEN_REQUESTS_PER_ADDRESS', 'many'],
    ['LOGIN_REFRESH_ID_TOKENS', 'no'],
    ['LOGIN_SCOPE_LABELS', '[]'],
    ['LOGIN_SCOPE_LABELS', '{"photos":{}}'],
  ])('names %s when it is "%s"', (name, value) => {
    expect(() => readSettings({ ...LEAST, [name]: value })).toThrow(name);
  });
});
