import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Builds `dist/`: the server as bundled JavaScript, a file for each command that is loaded on demand, and the types. The
 * bundle and V8's compile cache are worth more than half of the start-up time.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const out = `${root}dist`;

rmSync(out, { recursive: true, force: true });
const started = performance.now();
const result = await build({
  entryPoints: { main: `${root}src/main.ts` },
  outdir: out,
  bundle: true,
  splitting: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  external: ['pg-native'],
  entryNames: '[name]',
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  legalComments: 'linked',
  banner: {
    // Bundled CommonJS packages expect `require`; the compile cache keeps the compiled code between starts.
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire, enableCompileCache as __cache } from 'node:module'; const require = __createRequire(import.meta.url); __cache?.();",
  },
});
await cp(`${root}apps/login/demo-users.json`, `${out}/apps/login/demo-users.json`);
execFileSync(`${root}node_modules/.bin/tsc`, ['-p', `${root}tsconfig.build.json`], { stdio: 'inherit', cwd: root });

const bytes = Object.values(result.metafile.outputs).reduce((sum, { bytes: size }) => sum + size, 0);
console.log(
  `dist/ built in ${Math.round(performance.now() - started)} ms: ${Object.keys(result.metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB`,
);
