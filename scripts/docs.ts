import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { builtInFeatures } from '../src/features.ts';
import { referencePages } from './reference-pages.ts';

/**
 * Writes the pages of `docs/reference/` from the declarations in the source; with `--check` it writes nothing, names the stale pages and
 * ends with status 1.
 */
const directory = fileURLToPath(new URL('../docs/reference/', import.meta.url));

const pages = referencePages(builtInFeatures);

const stale = [...pages].filter(([name, text]) => text !== onDisk(name)).map(([name]) => name);
if (process.argv.includes('--check')) {
  for (const name of stale) console.error(`docs/reference/${name} is stale: npm run docs`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of pages) writeFileSync(`${directory}${name}`, text);
  console.log(stale.length === 0 ? 'docs/reference/ was up to date.' : `Renewed: ${stale.join(', ')}`);
}

function onDisk(name: string): string | undefined {
  try {
    return readFileSync(`${directory}${name}`, 'utf8');
  } catch {
    return undefined;
  }
}
