import { formatProblem } from '../config/problem.ts';
import type { SettingsReader } from '../config/settings-reader.ts';
import { generateEncryptionJwk, generateKeySet } from '../crypto/generate-keys.ts';
import { createKeyManagement, type KeyManagement, KeysUnchanged } from '../crypto/key-management.ts';
import { rsaKeySize } from '../crypto/key-settings.ts';
import { keyProperties } from '../crypto/properties.ts';
import type { Provider } from '../protocol/context.ts';
import { longestTokenLifetime } from '../protocol/issuing/longest-token-lifetime.ts';
import { signingAlgs } from '../protocol/issuing/signing-algs.ts';
import { CommandFailed, parseOptions, unexpectedArgument, wrongConfiguration } from './command.ts';
import { loadProperties, takeSettings, usableSettings } from './configuration.ts';
import { listedKeys, listedPublicKeys, revocationText, rotationText } from './key-texts.ts';
import { openProvider } from './provider.ts';
import { systemClock } from './storage.ts';

const usage = `Usage: tessera keys list     --config FILE|DIR
       tessera keys rotate   --config FILE|DIR [KID...]
       tessera keys revoke   --config FILE|DIR KID [--now]
       tessera keys generate [--enc]

list       the keys of the server: kid, use, type, what each does since and until when, and thumbprint (RFC 7638)
rotate     makes successors for the keys in use, all or the named ones: published now, used later, so that nobody is
           surprised; says what will happen when. No restart is needed
revoke     says what it would mean to take a key out of use
  --now    takes it out at once, for a key that has become known or is not needed any more
           (before a KID that starts with a hyphen: --)
generate   prints a new complete JWK set with private keys, for keyStore.staticJWKSet.op
  --enc    prints a new AES key for keyStore.encJWK instead

  --config FILE|DIR   configuration; may be given more than once`;

const options = {
  config: { type: 'string', multiple: true, short: 'c' },
  enc: { type: 'boolean' },
  now: { type: 'boolean' },
} as const;

type Layer = Parameters<typeof openProvider>[1];

interface Given {
  readonly paths: readonly string[];
  readonly layer: Layer;
  readonly arguments: readonly string[];
  readonly enc: boolean;
  readonly now: boolean;
}

interface Command {
  /** Arguments that it takes at most. */
  readonly most: number;
  run(given: Given): Promise<void>;
}

const commands: Readonly<Record<string, Command>> = {
  list: { most: 0, run: list },
  rotate: { most: Number.POSITIVE_INFINITY, run: rotate },
  revoke: { most: 1, run: revoke },
  generate: { most: 0, run: generate },
};

/** `tessera keys`: lists the server's keys, rotates and revokes them, or makes new ones. */
export async function keys(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values, positionals } = parseOptions(rest, options, usage, Number.POSITIVE_INFINITY);
  const [name = '', ...given] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new CommandFailed(usage, 64);
  const extra = given[command.most];
  if (extra !== undefined) throw unexpectedArgument(extra);
  await command.run({
    paths: values.config ?? [],
    layer,
    arguments: given,
    enc: values.enc ?? false,
    now: values.now ?? false,
  });
}

/** Made before there is a complete configuration: only what is there has to be right. */
async function generate({ paths, layer, enc }: Given): Promise<void> {
  const loaded = await loadProperties({ paths, commandLine: layer });
  const settingsOf = usableSettings(loaded);
  for (const problem of loaded.problems) console.error(formatProblem(problem));
  const made = enc ? generateEncryptionJwk() : await generateKeySet(forSettings(settingsOf));
  console.log(JSON.stringify(made));
}

function forSettings(settingsOf: SettingsReader) {
  return { rsa: rsaKeySize(settingsOf(keyProperties)), algs: signingAlgs(settingsOf) };
}

async function list({ paths, layer }: Given): Promise<void> {
  const { provider, close } = await openProvider(paths, layer);
  try {
    if (provider.settingsOf(keyProperties).staticJwkSet === undefined)
      console.log(listedKeys(await managementOf(provider).report()));
    else console.log(listedPublicKeys(provider.keys.current().publicJwks.keys));
  } finally {
    await close();
  }
}

async function rotate({ paths, layer, arguments: kids }: Given): Promise<void> {
  await manage(paths, layer, async (management) => {
    console.log(rotationText(await management.rotate([...new Set(kids)])));
  });
}

async function revoke({ paths, layer, arguments: [kid], now }: Given): Promise<void> {
  if (kid === undefined)
    throw new CommandFailed(`revoke needs the kid of a key; see: tessera keys list\n\n${usage}`, 64);
  await manage(paths, layer, async (management) => {
    const report = await management.revoke(kid, { dry: !now });
    const text = revocationText(report, { done: now });
    if (!now) throw new CommandFailed(`${text}\nNothing was changed. To do it: tessera keys revoke ${kid} --now`, 64);
    console.log(text);
  });
}

/** Works on the stored keys. A change that makes no sense ends with status 1 and the reason. */
async function manage(
  paths: readonly string[],
  layer: Layer,
  work: (management: KeyManagement) => Promise<void>,
): Promise<void> {
  const { provider, close } = await openProvider(paths, layer);
  try {
    if (provider.settingsOf(keyProperties).staticJwkSet !== undefined)
      throw new CommandFailed(staticKeys, wrongConfiguration);
    await work(managementOf(provider));
  } catch (error) {
    throw error instanceof KeysUnchanged ? new CommandFailed(error.message) : error;
  } finally {
    await close();
  }
}

const staticKeys =
  'The keys are those of keyStore.staticJWKSet.op, which the server does not change: edit the set instead. Put the new key behind the others, restart all servers, wait until clients have read /jwks.json, put it in front, restart, and remove the old one when its last token has ended.';

function managementOf({ stores, tid, random, settingsOf }: Provider): KeyManagement {
  return createKeyManagement({
    settings: settingsOf(keyProperties),
    longestTokenLifetime: longestTokenLifetime(settingsOf),
    store: stores.keys,
    tid,
    clock: systemClock,
    random,
  });
}
