import { describeProblems } from '../config/describe-settings.ts';
import { type EffectiveSetting, loadSettings } from '../config/load-settings.ts';
import type { SettingsProblem } from '../config/problem.ts';
import { commandLineLayer, type ReadLayer, type SettingsLayer } from '../config/settings-layer.ts';
import type { SettingsReader } from '../config/settings-reader.ts';
import { readSources, type SourceOptions } from '../config/sources.ts';
import { builtInFeatures } from '../features.ts';
import { checkSettings, checkSettingsHere } from '../protocol/features/check-settings.ts';
import { propertyGroupsOf } from '../protocol/features/derive.ts';
import { CommandFailed } from './command.ts';

/** A loaded configuration with all that is wrong with it. */
export interface Configuration {
  readonly settingsOf: SettingsReader;
  readonly problems: readonly SettingsProblem[];
  readonly effective: readonly EffectiveSetting[];
}

/** Splits the arguments of a command into settings (`-Dname=value`, `--set`) and the rest. */
export function takeSettings(args: readonly string[]): { readonly layer: ReadLayer; readonly rest: readonly string[] } {
  const { rest, ...layer } = commandLineLayer(args);
  return { layer, rest };
}

/** Where the configuration of a command comes from, besides the environment. */
interface ConfigurationSources {
  readonly paths: readonly string[];
  readonly commandLine: ReadLayer;
  readonly presets?: SettingsLayer;
}

/** Loads the configuration from presets, files, environment and command line, and checks it as a whole. */
export async function loadConfiguration(options: ConfigurationSources): Promise<Configuration> {
  const loaded = await loadProperties(options);
  return { ...loaded, problems: [...loaded.problems, ...checkSettings(builtInFeatures, loaded.settingsOf)] };
}

/** Loads the configuration like `loadConfiguration`, with each property checked by itself: it may be incomplete. */
export async function loadProperties(options: ConfigurationSources): Promise<Configuration> {
  const sources: SourceOptions = {
    paths: options.paths,
    environment: process.env,
    commandLine: options.commandLine,
    ...(options.presets === undefined ? {} : { presets: options.presets }),
    fetchText: fetchOverrides,
  };
  return loadSettings(propertyGroupsOf(builtInFeatures), await readSources(sources));
}

/**
 * The configuration with the problems that only the machine of the server can tell: what the files that it names hold. Not
 * for configurations from anybody, which must have no file read.
 */
export function checkedLocally(configuration: Configuration): Configuration {
  const problems = checkSettingsHere(builtInFeatures, configuration.settingsOf);
  return { ...configuration, problems: [...configuration.problems, ...problems] };
}

/** The settings, or a failure that lists every fatal problem. */
export function usableSettings({ settingsOf, problems }: Configuration): SettingsReader {
  const fatal = problems.filter(({ severity }) => severity === 'fatal');
  if (fatal.length === 0) return settingsOf;
  throw new CommandFailed(`The configuration cannot be used:\n${describeProblems(fatal)}`, 78);
}

async function fetchOverrides(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}
