import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSettings } from './load-settings.ts';
import { integer, json, text } from './property.ts';
import { commandLineLayer, presetLayer } from './settings-layer.ts';
import { readSources, type SourceOptions } from './sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'tessera-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const groups = {
  all: {
    overrides: text('systemPropertiesURL', 'Overrides.'),
    name: text('op.name', 'Name.'),
    lifetime: integer('op.lifetime', 1, 'Lifetime.'),
    encJwk: json('keyStore.encJWK', 'Key.', { secret: true }),
  },
};

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function load(options: SourceOptions) {
  const { settingsOf, problems } = loadSettings(groups, await readSources(options));
  return {
    ...settingsOf(groups.all),
    problems: problems.map(({ severity, message, source }) => ({ severity, message, source })),
  };
}

describe('readSources', () => {
  it('ranks presets, files, systemPropertiesURL, environment and command line', async () => {
    const first = write('first.properties', 'op.name=first\nop.lifetime=10');
    const second = write('second.json', '{"op":{"name":"second"}}');
    const overrides = write('overrides.properties', 'op.name=overrides\nop.lifetime=20');
    const presets = presetLayer({ 'op.name': 'preset' }, 'first run');
    const paths = [first, second];
    const environment = { SYSTEMPROPERTIESURL: pathToFileURL(overrides).href };
    const commandLine = commandLineLayer(['-Dop.name=typed']);
    expect((await load({ presets })).name).toBe('preset');
    expect(await load({ presets, paths })).toMatchObject({ name: 'second', lifetime: 10 });
    expect(await load({ paths, environment })).toMatchObject({ name: 'overrides', lifetime: 20 });
    expect((await load({ paths, environment: { ...environment, OP_NAME: 'env' } })).name).toBe('env');
    expect((await load({ paths, environment, commandLine })).name).toBe('typed');
  });

  it('reads all properties files of a directory, and the key that stands in a file of its own', async () => {
    write('dir/a.properties', 'op.name=a');
    write('dir/b.properties', '\uFEFFop.lifetime=7');
    write('dir/claimsCompression.properties', 'op.name=1');
    write('dir/notes.txt', 'op.name=2');
    write('dir/keyStoreEncJWK.json', '{"kty":"oct"}');
    expect(await load({ paths: [join(folder, 'dir')] })).toMatchObject({
      name: 'a',
      lifetime: 7,
      encJwk: { kty: 'oct' },
      problems: [],
    });
  });

  it('reads ISO 8859-1 where a file is not UTF-8', async () => {
    const path = write('latin.properties', Buffer.from('op.name=caf\u00e9', 'latin1'));
    expect((await load({ paths: [path] })).name).toBe('caf\u00e9');
  });

  it('fetches an http(s) systemPropertiesURL through the given function', async () => {
    const commandLine = commandLineLayer(['-DsystemPropertiesURL=https://conf.example/p?sig=s3cret']);
    const asked: string[] = [];
    const fetchText = async (url: string) => {
      asked.push(url);
      return 'op.name=fetched\nop.lifetime=x';
    };
    const loaded = await load({ commandLine, fetchText });
    expect(asked).toEqual(['https://conf.example/p?sig=s3cret']);
    expect(loaded.name).toBe('fetched');
    expect(loaded.problems[0]?.source).toBe('systemPropertiesURL https://conf.example/p line 2');
  });

  it.each(['s3://bucket/key', 'nonsense', 'https://conf.example/'])('refuses to start without %s', async (location) => {
    const commandLine = commandLineLayer([`-DsystemPropertiesURL=${location}`]);
    const fetchText = async () => {
      throw new Error('connection refused');
    };
    const { problems } = await load({ commandLine, fetchText });
    expect(problems).toMatchObject([{ severity: 'fatal', message: expect.stringMatching(/^cannot be read: /) }]);
  });

  it('reports a missing file, broken JSON and a bad escape as fatal', async () => {
    const bad = write('bad.json', '{"op.name": ');
    const malformed = write('escape.properties', 'op.name=a\nop.lifetime=\\u00');
    const { problems } = await load({ paths: [join(folder, 'missing.properties'), bad, malformed] });
    expect(problems.map(({ severity }) => severity)).toEqual(['fatal', 'fatal', 'fatal']);
    expect(problems.map(({ source }) => source)).toEqual([
      `file ${join(folder, 'missing.properties')}`,
      `file ${bad}`,
      `file ${malformed} line 2`,
    ]);
  });
});

describe('commandLineLayer', () => {
  it('takes the settings out of the arguments, and leaves the rest in order', () => {
    const args = ['serve', '-Dop.a=1', '--set', 'op.b=2=3', '--verbose', '--set=op.c=', '--', '-Dop.d=4'];
    const { layer, rest, problems } = commandLineLayer(args);
    expect(layer.entries.map(({ name, value }) => [name, value])).toEqual([
      ['op.a', '1'],
      ['op.b', '2=3'],
      ['op.c', ''],
    ]);
    expect(rest).toEqual(['serve', '--verbose', '--', '-Dop.d=4']);
    expect(problems).toEqual([]);
  });

  it.each([[['-Dop.a']], [['--set']], [['--set', '=x']]])('refuses %j', (args) => {
    expect(commandLineLayer(args).problems).toMatchObject([{ severity: 'fatal', source: 'command line' }]);
  });
});
