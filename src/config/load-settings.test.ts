import { describe, expect, expectTypeOf, it } from 'vitest';
import { knownNames } from './known-names.ts';
import { loadSettings } from './load-settings.ts';
import { formatProblem } from './problem.ts';
import { apiTokenHashes, boolean, integer, json, list, listOf, multi, oneOf, text, url } from './property.ts';
import { commandLineLayer, environmentLayer, presetLayer, type SettingsLayer, textLayer } from './settings-layer.ts';

const groups = {
  general: {
    env: oneOf('env', ['dev', 'prod'], 'dev', 'Guard rails.'),
    issuer: url('op.issuer', 'The issuer.'),
    overlay: json('op.metadataOverlay', 'Overlay.'),
    claimsMap: multi('op.claims.map', 'Scope to claims.', { aliases: ['op.map.claims'] }),
  },
  token: {
    lifetime: integer('op.token.lifetime', 600, 'Lifetime.', { min: 1 }),
    pkce: listOf('op.authz.allowedPKCE', ['plain', 'S256'], ['plain', 'S256'], 'PKCE methods.'),
    alg: text('authzStore.accessToken.jwsAlg', 'Algorithm.', { aliases: ['authzStore.accessToken.jwsAlgorithm'] }),
    sessionClaims: list('op.idToken.includeSubjectSessionClaims', ['*'], 'Claims.', { blankCounts: true }),
    rotate: boolean('authzStore.refreshToken.defaultRotate', false, 'Rotation.'),
  },
  sessions: {
    tokens: apiTokenHashes('sessionStore.apiAccessTokenSHA256', 'the API', [
      'sessionStore.secondaryAPIAccessTokenSHA256',
    ]),
    encJwk: json('keyStore.encJWK', 'Key.', { secret: true }),
  },
} as const;

const hash = (digit: string): string => digit.repeat(64);
const file = (content: string): SettingsLayer => textLayer(content, 'file /etc/t.properties').layer;
const load = (...layers: SettingsLayer[]) => loadSettings(groups, { layers, problems: [] });
const lines = (...layers: SettingsLayer[]): string[] => load(...layers).problems.map(formatProblem);

describe('loadSettings', () => {
  it('gives declared types and defaults', () => {
    const { settingsOf, problems } = load();
    expectTypeOf(settingsOf(groups.general).env).toEqualTypeOf<'dev' | 'prod'>();
    expectTypeOf(settingsOf(groups.token).pkce).toEqualTypeOf<readonly ('plain' | 'S256')[]>();
    expectTypeOf(settingsOf(groups.general).issuer).toEqualTypeOf<string | undefined>();
    expect(settingsOf(groups.token)).toEqual({
      lifetime: 600,
      pkce: ['plain', 'S256'],
      alg: undefined,
      sessionClaims: ['*'],
      rotate: false,
    });
    expect(problems).toEqual([]);
  });

  it('lets a later layer override property by property, and keeps the source of each value', () => {
    const { settingsOf, effective, problems } = load(
      presetLayer({ 'op.issuer': 'http://localhost:8080', 'op.token.lifetime': '60' }, 'first run'),
      file('op.issuer = https://file.example\nop.token.lifetime=120\nauthzStore.refreshToken.defaultRotate=TRUE'),
      environmentLayer({ OP_TOKEN_LIFETIME: '240', PATH: '/bin' }),
      commandLineLayer(['-Dop.token.lifetime= 480 ']).layer,
    );
    expect(problems).toEqual([]);
    expect(settingsOf(groups.general).issuer).toBe('https://file.example');
    expect(settingsOf(groups.token).lifetime).toBe(480);
    expect(settingsOf(groups.token).rotate).toBe(true);
    const source = (name: string) => effective.find((setting) => setting.name === name)?.source;
    expect(source('op.issuer')).toBe('file /etc/t.properties line 1');
    expect(source('op.token.lifetime')).toBe('command line');
    expect(source('op.authz.allowedPKCE')).toBe('default');
  });

  it('takes a blank value for an absent one, unless blank has a meaning', () => {
    const { settingsOf } = load(
      file('op.issuer=https://file.example\nop.token.lifetime=\nop.idToken.includeSubjectSessionClaims='),
      environmentLayer({ OP_ISSUER: '  ' }),
    );
    expect(settingsOf(groups.general).issuer).toBe('https://file.example');
    expect(settingsOf(groups.token).lifetime).toBe(600);
    expect(settingsOf(groups.token).sessionClaims).toEqual([]);
  });

  it('collects labelled properties from all layers and names', () => {
    const { settingsOf } = load(
      file(
        `sessionStore.apiAccessTokenSHA256=${hash('a')}\nsessionStore.apiAccessTokenSHA256.new=${hash('b')}\n` +
          `sessionStore.secondaryAPIAccessTokenSHA256=${hash('c')}\nop.map.claims.staff=role\nop.claims.map.crm=crm_id`,
      ),
      environmentLayer({ SESSIONSTORE_APIACCESSTOKENSHA256_NEW: hash('D'), C2ID_OP_CLAIMS_MAP_ADMIN: 'admin' }),
    );
    expect([...settingsOf(groups.sessions).tokens.values()].sort()).toEqual([hash('a'), hash('c'), hash('d')]);
    expect(Object.fromEntries(settingsOf(groups.general).claimsMap)).toEqual({
      staff: 'role',
      crm: 'crm_id',
      admin: 'admin',
    });
  });

  it('reads flat and nested JSON, and leaves JSON values whole', () => {
    const { settingsOf, problems } = load(
      file(
        JSON.stringify({
          'op.issuer': 'https://json.example',
          op: {
            metadataOverlay: { a: { b: [1] } },
            token: { lifetime: 5 },
            authz: { allowedPKCE: ['S256'] },
            claims: { map: { staff: ['role', 'desk'] } },
            idToken: null,
          },
        }),
      ),
    );
    expect(problems).toEqual([]);
    expect(settingsOf(groups.general).issuer).toBe('https://json.example');
    expect(settingsOf(groups.general).overlay).toEqual({ a: { b: [1] } });
    expect(settingsOf(groups.token).lifetime).toBe(5);
    expect(settingsOf(groups.token).pkce).toEqual(['S256']);
    expect(settingsOf(groups.general).claimsMap.get('staff')).toBe('role, desk');
  });

  it('says of a malformed value what is expected, what was found and where', () => {
    const [problem] = load(environmentLayer({ OP_AUTHZ_ALLOWEDPKCE: 'S512' })).problems;
    expect(problem).toEqual({
      severity: 'fatal',
      property: 'OP_AUTHZ_ALLOWEDPKCE',
      source: 'environment OP_AUTHZ_ALLOWEDPKCE',
      message: 'expected one of plain, S256',
      found: '"S512"',
      remedy: 'PKCE methods. Allowed: plain, S256.',
    });
  });

  it('never shows a secret, nor a token in the place of its hash', () => {
    const secret = 'ztucZS1ZyFKgh0tUEruUtiSTXhnexmd6';
    const loaded = load(
      file(
        `sessionStore.apiAccessTokenSHA256=${secret}\nkeyStore.encJWK={"k":"${secret}"\nop.reg.apiAccessToken=${secret}\n` +
          `redisMapPassword=${secret}\nop.regg.apiAccessToken=${secret}`,
      ),
      environmentLayer({ KEYSTORE_ENCJWK: `{"k":"${secret}"}` }),
    );
    expect(JSON.stringify([loaded.problems, loaded.effective])).not.toContain(secret);
    expect(loaded.effective.find(({ name }) => name === 'keyStore.encJWK')?.value).toBe('(secret)');
  });

  it('shows the hashes of tokens', () => {
    const { effective } = load(file(`sessionStore.apiAccessTokenSHA256.a=${hash('e')}`));
    expect(effective.find(({ name }) => name === 'sessionStore.apiAccessTokenSHA256.a')?.value).toBe(hash('e'));
  });

  it.each([
    [
      'op.isuer=x',
      'WARN op.isuer: is not a property of this server, ignored (file /etc/t.properties line 1). Did you mean op.issuer?',
    ],
    [
      'op.completelyDifferentThing=x',
      'WARN op.completelyDifferentThing: is not a property of this server, ignored (file /etc/t.properties line 1). Remove it.',
    ],
    [
      'op.rar.supportedTypes=a',
      'WARN op.rar.supportedTypes: is not supported by this version, ignored (file /etc/t.properties line 1)',
    ],
    [
      'op.par.require=false',
      'WARN op.par.require: is not supported by this version, ignored (file /etc/t.properties line 1)',
    ],
    [
      'op.par.require=true',
      'FATAL op.par.require: is not supported by this version, and cannot be ignored safely with this value, found "true" (file /etc/t.properties line 1). Remove it, or set it to false.',
    ],
    [
      'op.reg.enableOpenRegistration=true',
      'WARN op.reg.enableOpenRegistration: has no effect, ignored (file /etc/t.properties line 1). It never was a property: use op.reg.allowOpenRegistration.',
    ],
    [
      'op.reg.apiAccessToken=x',
      'FATAL op.reg.apiAccessToken: is refused: a plain API token must not stand in a configuration, found (secret) (file /etc/t.properties line 1). Remove the plain token, and set op.reg.apiAccessTokenSHA256 to its SHA-256 hash in hexadecimal.',
    ],
    [
      'authzStore.accessToken.jwsAlgorithm=ES256',
      'WARN authzStore.accessToken.jwsAlgorithm: is deprecated (file /etc/t.properties line 1). Use authzStore.accessToken.jwsAlg.',
    ],
  ])('warns of %s', (line, expected) => {
    expect(lines(file(line))).toEqual([expected]);
  });

  it('leaves foreign names alone in files and in the environment, but not on the command line', () => {
    expect(
      lines(file('java.io.tmpdir=/tmp'), environmentLayer({ HOME: '/', HTTP_PROXY: 'x', OP_SESSION_me: 'y' })),
    ).toEqual([]);
    expect(lines(commandLineLayer(['--set', 'java.io.tmpdir=/tmp']).layer)).toHaveLength(1);
    expect(lines(environmentLayer({ C2ID_OP_ISUER: 'x' }))).toEqual([
      'WARN C2ID_OP_ISUER: is not a property of this server, ignored (environment C2ID_OP_ISUER). Did you mean OP_ISSUER?',
    ]);
  });

  it('reports a property that stands twice in one source; the later one counts', () => {
    const layer = file('op.token.lifetime=1\nop.token.lifetime=2');
    expect(load(layer).settingsOf(groups.token).lifetime).toBe(2);
    expect(lines(layer)).toEqual([
      'WARN op.token.lifetime: is set twice, the first time as op.token.lifetime (file /etc/t.properties line 1); the value of op.token.lifetime (file /etc/t.properties line 2) counts (file /etc/t.properties line 2). Remove one of them.',
    ]);
  });

  it('prefers the name of a property to its alias, in either order', () => {
    const own = 'authzStore.accessToken.jwsAlg=ES256';
    const alias = 'authzStore.accessToken.jwsAlgorithm=RS256';
    for (const content of [`${own}\n${alias}`, `${alias}\n${own}`]) {
      expect(load(file(content)).settingsOf(groups.token).alg).toBe('ES256');
    }
  });

  it('refuses a pair of conflicting properties', () => {
    const problems = lines(
      file('op.authz.feedSubjectSessionClaimsIntoIDToken=true\nop.idToken.includeSubjectSessionClaims=a'),
    );
    expect(problems.filter((line) => line.startsWith('FATAL'))).toEqual([
      'FATAL op.authz.feedSubjectSessionClaimsIntoIDToken: conflicts with op.idToken.includeSubjectSessionClaims (file /etc/t.properties line 2), which replaces it (file /etc/t.properties line 1). Remove op.authz.feedSubjectSessionClaimsIntoIDToken.',
    ]);
  });

  it('refuses two declarations of one name', () => {
    const twice = { a: { x: text('op.x', '') }, b: { y: text('op.y', '', { aliases: ['op.x'] }) } };
    expect(() => loadSettings(twice, { layers: [], problems: [] })).toThrow(
      'the features a and b both declare the property op.x',
    );
  });
});

describe('knownNames', () => {
  it('names each property once', () => {
    const all = knownNames.map(({ name }) => name);
    expect(all).toHaveLength(new Set(all).size);
  });
});
