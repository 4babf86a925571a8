import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/**
 * Turns one of our TypeScript server files into JavaScript, packages left where they are, and returns its path. Type
 * stripping at start would cost the peers 57 ms and 25 MiB that they don't owe.
 */
export async function buildServer(name: 'bare-server' | 'oidc-provider-server'): Promise<string> {
  const outfile = join(dirname(import.meta.dirname), '.cache', `${name}.js`);
  await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
  });
  return outfile;
}
