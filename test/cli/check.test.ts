import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { runTessera, soundSettings, temporaryDirectory } from './run-tessera.ts';

test('systemPropertiesURL is no problem', async () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'more.properties');
  writeFileSync(file, 'http.port=9159\n');
  const settings = soundSettings(directory, { systemPropertiesURL: pathToFileURL(file).href });
  const { status, stdout } = await runTessera(['check', ...settings]);
  expect(stdout).toMatch(/http\.port.*9159/);
  expect(stdout).toContain('No problems.');
  expect(status).toBe(0);
});
