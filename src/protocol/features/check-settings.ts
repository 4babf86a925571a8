import { fatal, type SettingsProblem } from '../../config/problem.ts';
import type { SettingsReader } from '../../config/settings-reader.ts';
import { messageOf } from '../../domain/error-message.ts';
import { noEvents } from '../../ports/events.ts';
import { noMetrics } from '../../ports/metrics.ts';
import { registryOf } from './derive.ts';
import type { Declared, Feature, Services } from './feature.ts';
import { createRegistry } from './kinds.ts';

/** Problems that show only when settings are looked at together, as the features find them; each says what to change. */
export function checkSettings(features: readonly Feature[], settingsOf: SettingsReader): readonly SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const declared = declare(features, settingsOf, problems);
  for (const { check } of features) if (check) problems.push(...check(settingsOf, declared));
  return problems;
}

/** Problems that only the machine of the server can tell: what the files hold that the configuration names. */
export function checkSettingsHere(
  features: readonly Feature[],
  settingsOf: SettingsReader,
): readonly SettingsProblem[] {
  return features.flatMap(({ checkHere }) => checkHere?.(settingsOf) ?? []);
}

/** What the features add, made for a trial. */
function declare(features: readonly Feature[], settingsOf: SettingsReader, problems: SettingsProblem[]): Declared {
  try {
    return { features, registry: registryOf(features, trialServices(settingsOf)) };
  } catch (error) {
    problems.push(fatal('', messageOf(error), ''));
    return { features, registry: createRegistry([]) };
  }
}

/** Services that reach nothing. */
export function trialServices(settingsOf: SettingsReader): Services {
  return {
    settingsOf,
    clock: { now: () => 0 },
    random: { bytes: (length) => Buffer.alloc(length), text: (length) => Buffer.alloc(length).toString('base64url') },
    events: noEvents,
    metrics: noMetrics,
    fetch: { fetch: () => Promise.reject(new Error('nothing is fetched in a trial')) },
  };
}

/** The problem that an attempt throws, if it does: for parts that can be made for a trial. */
export function trial(property: string, remedy: string, attempt: () => unknown): readonly SettingsProblem[] {
  try {
    attempt();
    return [];
  } catch (error) {
    return [fatal(property, messageOf(error), remedy)];
  }
}
