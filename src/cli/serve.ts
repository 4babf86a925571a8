import { parseOptions } from './command.ts';
import { checkedLocally, loadConfiguration, takeSettings, usableSettings } from './configuration.ts';
import { startServer } from './start.ts';

const usage = `Usage: tessera serve --config FILE|DIR [-Dname=value ...]

Runs the server. The configuration comes from .properties or JSON files (or a directory of them), the environment
(OP_ISSUER for op.issuer, and so on) and the command line, in rising order.

  --config FILE|DIR   configuration; may be given more than once`;

/** `tessera serve`: runs the server with a configuration of one's own. */
export async function serve(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values } = parseOptions(rest, { config: { type: 'string', multiple: true, short: 'c' } }, usage);
  const configuration = checkedLocally(await loadConfiguration({ paths: values.config ?? [], commandLine: layer }));
  await startServer({ settingsOf: usableSettings(configuration), problems: configuration.problems });
}
