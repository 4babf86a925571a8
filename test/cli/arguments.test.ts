import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { runTessera } from './run-tessera.ts';

describe('an argument that a command does not take', () => {
  test.each([
    ['serve ok.properties', 'unexpected argument ok.properties; did you mean --config ok.properties?'],
    ['check ok.properties', 'unexpected argument ok.properties; did you mean --config ok.properties?'],
    ['purge ok.properties', 'unexpected argument ok.properties; did you mean --config ok.properties?'],
    ['dev extra', 'unexpected argument extra, see --help'],
    ['client list x', 'unexpected argument x, see --help'],
    ['client rm a b', 'unexpected argument b, see --help'],
    ['keys list x', 'unexpected argument x, see --help'],
    ['keys generate x', 'unexpected argument x, see --help'],
  ])('%s', async (line, told) => {
    expect(await runTessera(line.split(' '))).toEqual({ status: 64, stdout: '', stderr: `${told}\n` });
  });
});

test.each(['serve', 'dev', 'check', 'client', 'keys', 'purge'])('%s --help is an answer', async (command) => {
  const { status, stdout, stderr } = await runTessera([command, '--help']);
  expect(stdout).toContain(`Usage: tessera ${command}`);
  expect([status, stderr]).toEqual([0, '']);
});

test.each(['--version', '-v'])('%s is the version of the package', async (option) => {
  expect(await runTessera([option])).toEqual({ status: 0, stdout: `${packageJson.version}\n`, stderr: '' });
});

describe('keys generate', () => {
  test.each([
    ['a file that is not there', ['--config', 'nope.properties'], 'nope.properties'],
    ['a value that is not allowed', ['-DkeyStore.defaultRSAKeySize=1024'], 'keyStore.defaultRSAKeySize'],
  ])('refuses %s', async (_what, args, told) => {
    const { status, stdout, stderr } = await runTessera(['keys', 'generate', ...args]);
    expect(stderr).toContain(told);
    expect([status, stdout]).toEqual([78, '']);
  });

  test('needs no complete configuration, and tells of a name that no property has', async () => {
    const { status, stdout, stderr } = await runTessera([
      'keys',
      'generate',
      '--enc',
      '-DkeyStore.defaultRSAKeySiz=4096',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ kty: 'oct' });
    expect(stderr).toMatch(/^WARN keyStore\.defaultRSAKeySiz: .*Did you mean keyStore\.defaultRSAKeySize\?\n$/);
    expect(status).toBe(0);
  });
});
