import type { KnownName } from './known-names.ts';
import { displayValue, masked, namesSecret } from './mask.ts';
import type { NameIndex } from './name-index.ts';
import type { SettingsProblem } from './problem.ts';
import type { RawSetting, SettingsLayer } from './settings-layer.ts';

/**
 * The problem with a name that nobody knows; undefined where it is hardly meant for us: outside the known prefixes in a
 * file, anything but an obvious slip in the environment.
 */
export function unknownNameProblem(
  index: NameIndex,
  raw: RawSetting,
  kind: SettingsLayer['kind'],
): SettingsProblem | undefined {
  const fromEnvironment = kind === 'environment';
  if (fromEnvironment && !index.variableMeantForUs(raw.name)) return undefined;
  const suggestion = fromEnvironment ? index.suggestVariable(raw.name) : index.suggestName(raw.name);
  if (kind === 'file' && suggestion === undefined && !index.belowKnownPrefix(raw.name)) return undefined;
  return {
    severity: 'warning',
    property: raw.name,
    source: raw.source,
    message: 'is not a property of this server, ignored',
    remedy: suggestion === undefined ? 'Remove it.' : `Did you mean ${suggestion}?`,
  };
}

/** The problem with a name of the compatibility target that this version does not declare. */
export function knownNameProblem(known: KnownName, raw: RawSetting): SettingsProblem {
  const base = { property: raw.name, source: raw.source };
  if (known.status === 'refused') {
    const message = 'is refused: a plain API token must not stand in a configuration';
    return { ...base, severity: 'fatal', message, found: masked, remedy: known.advice ?? 'Remove it.' };
  }
  if (known.status === 'removed') {
    return { ...base, severity: 'warning', message: 'has no effect, ignored', remedy: known.advice ?? 'Remove it.' };
  }
  const outdated = known.status === 'deprecated' ? 'is deprecated and ' : 'is ';
  if (known.ignorable && !canBeIgnored(known.ignorable, raw.value)) {
    return {
      ...base,
      severity: 'fatal',
      message: `${outdated}not supported by this version, and cannot be ignored safely with this value`,
      found: namesSecret(raw.name) ? masked : `"${displayValue(raw.value)}"`,
      remedy: known.advice ?? `Remove it, or set it to ${known.ignorable.join(' or ')}.`,
    };
  }
  return {
    ...base,
    severity: 'warning',
    message: `${outdated}not supported by this version, ignored`,
    remedy: known.advice ?? '',
  };
}

function canBeIgnored(ignorable: readonly string[], value: string): boolean {
  const lower = value.toLowerCase();
  return ignorable.includes(lower) || (ignorable.includes('negative') && /^-\d+$/.test(lower));
}
