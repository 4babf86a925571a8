import { formatProblem } from '../config/problem.ts';
import { generateEncryptionJwk, generateKeySet, jwkThumbprint } from '../crypto/generate-keys.ts';
import { keyProperties } from '../crypto/properties.ts';
import { rsaKeySize } from '../crypto/server-keys.ts';
import { CommandFailed, parseOptions } from './command.ts';
import { loadProperties, takeSettings, usableSettings } from './configuration.ts';
import { openProvider } from './provider.ts';

const usage = `Usage: tessera keys list --config FILE|DIR
       tessera keys generate [--enc]

list       the public keys of the server, with use, type and thumbprint (RFC 7638)
generate   prints a new complete JWK set with private keys, for keyStore.staticJWKSet.op
  --enc    prints a new AES key for keyStore.encJWK instead

  --config FILE|DIR   configuration; may be given more than once`;

/** `tessera keys`: lists the server's keys or makes new ones. */
export async function keys(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values, positionals } = parseOptions(
    rest,
    { config: { type: 'string', multiple: true, short: 'c' }, enc: { type: 'boolean' } },
    usage,
    1,
  );
  const paths = values.config ?? [];
  if (positionals[0] === 'generate') {
    // Made before there is a complete configuration: only what is there has to be right.
    const loaded = await loadProperties({ paths, commandLine: layer });
    const settings = usableSettings(loaded)(keyProperties);
    for (const problem of loaded.problems) console.error(formatProblem(problem));
    const made = values.enc ? generateEncryptionJwk() : await generateKeySet({ rsa: rsaKeySize(settings) });
    console.log(JSON.stringify(made));
  } else if (positionals[0] === 'list') {
    await listKeys(paths, layer);
  } else throw new CommandFailed(usage, 64);
}

async function listKeys(paths: readonly string[], layer: Parameters<typeof openProvider>[1]): Promise<void> {
  const { provider, close } = await openProvider(paths, layer);
  try {
    for (const jwk of provider.keys.current().publicJwks.keys) {
      const type = jwk.crv ? `${jwk.kty} ${jwk.crv}` : jwk.kty;
      console.log(
        `${(jwk.kid ?? '').padEnd(12)} ${(jwk.use ?? '').padEnd(4)} ${type.padEnd(14)} ${jwkThumbprint(jwk)}`,
      );
    }
  } finally {
    await close();
  }
}
