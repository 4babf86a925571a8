import type { EffectiveSetting } from './load-settings.ts';
import { formatProblem, type SettingsProblem } from './problem.ts';

/**
 * The values in effect as aligned lines `name = value (source)`, in blocks by group. Values are masked already. With
 * `onlySet` the defaults are left out.
 */
export function describeSettings(
  effective: readonly EffectiveSetting[],
  options?: { readonly onlySet?: boolean },
): string {
  const shown = effective.filter(({ source }) => !options?.onlySet || source !== 'default');
  const nameWidth = Math.max(0, ...shown.map(({ name }) => name.length));
  const valueWidth = Math.min(60, Math.max(0, ...shown.map(({ value }) => value.length)));
  const lines: string[] = [];
  let group: string | undefined;
  for (const setting of shown) {
    if (group !== undefined && setting.group !== group) lines.push('');
    group = setting.group;
    lines.push(`${setting.name.padEnd(nameWidth)} = ${setting.value.padEnd(valueWidth)}  (${setting.source})`);
  }
  return lines.join('\n');
}

/** The problems, one per line, fatal ones first. */
export function describeProblems(problems: readonly SettingsProblem[]): string {
  const rank = (problem: SettingsProblem): number => (problem.severity === 'fatal' ? 0 : 1);
  return [...problems]
    .sort((a, b) => rank(a) - rank(b))
    .map(formatProblem)
    .join('\n');
}

/** Values in effect and problems as a JSON text: `{"settings": {"<name>": {"value", "source"}}, "problems": [...]}`. */
export function describeSettingsJson(
  effective: readonly EffectiveSetting[],
  problems: readonly SettingsProblem[],
): string {
  const settings = Object.fromEntries(effective.map(({ name, value, source }) => [name, { value, source }]));
  return JSON.stringify({ settings, problems }, null, 2);
}
