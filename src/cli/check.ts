import { describeProblems, describeSettings, describeSettingsJson } from '../config/describe-settings.ts';
import { CommandFailed, parseOptions } from './command.ts';
import { checkedLocally, loadConfiguration, takeSettings } from './configuration.ts';

const usage = `Usage: tessera check --config FILE|DIR [--json] [--all] [-Dname=value ...]

Prints the values in effect with where each comes from (secrets masked), and every problem with what to change.
Exit status 78 when the server would refuse to start.

  --config FILE|DIR   configuration; may be given more than once
  --all               the defaults too
  --json              as JSON`;

/** `tessera check`: shows the effective configuration and its problems. */
export async function check(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values } = parseOptions(
    rest,
    { config: { type: 'string', multiple: true, short: 'c' }, json: { type: 'boolean' }, all: { type: 'boolean' } },
    usage,
  );
  const { problems, effective } = checkedLocally(
    await loadConfiguration({ paths: values.config ?? [], commandLine: layer }),
  );
  const fatal = problems.some(({ severity }) => severity === 'fatal');
  if (values.json) {
    console.log(describeSettingsJson(effective, problems));
  } else {
    console.log(describeSettings(effective, { onlySet: values.all !== true }));
    console.log(problems.length === 0 ? '\nNo problems.' : `\n${describeProblems(problems)}`);
  }
  if (fatal) throw new CommandFailed('The server would refuse to start with this configuration.', 78);
}
