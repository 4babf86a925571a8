import { knownNames } from './known-names.ts';
import { displayValue, masked, namesSecret } from './mask.ts';
import { createNameIndex, type DeclaredMatch, type NameIndex } from './name-index.ts';
import type { SettingsProblem } from './problem.ts';
import type { Property, PropertyGroup } from './property.ts';
import type { RawSetting, SettingsLayer } from './settings-layer.ts';
import { type SettingsReader, settingsReader } from './settings-reader.ts';
import type { Sources } from './sources.ts';
import { knownNameProblem, unknownNameProblem } from './undeclared.ts';

/** The declared property groups, by the name of the feature that each belongs to. */
export type PropertyGroups = Readonly<Record<string, PropertyGroup>>;

/** One value in effect. */
export interface EffectiveSetting {
  readonly group: string;
  /** The property name; of a `multi` property with its label. */
  readonly name: string;
  /** The value as text, masked when secret. */
  readonly value: string;
  /** Where it comes from; `default` when no source names it. */
  readonly source: string;
}

/** How settings are loaded. */
export interface LoadOptions {
  /**
   * Whether unknown names are held against all known ones, to say which was meant; yes by default. That is nearly all the work
   * of loading, so whoever is sent settings from outside does without.
   */
  readonly suggestions?: boolean;
}

/** The outcome of loading. With a fatal problem the settings are not to be used: defaults stand in for broken values. */
export interface LoadedSettings {
  readonly settingsOf: SettingsReader;
  readonly problems: readonly SettingsProblem[];
  readonly effective: readonly EffectiveSetting[];
}

interface Occurrence {
  readonly match: DeclaredMatch;
  readonly raw: RawSetting;
  readonly layer: SettingsLayer;
}

/**
 * Lays the sources over each other, property by property, and turns the texts into the declared types. Values are
 * trimmed, a blank one is as good as absent. Unknown, outdated, repeated and malformed properties become problems.
 * Throws only when the declarations contradict each other.
 */
export function loadSettings(groups: PropertyGroups, sources: Sources, options: LoadOptions = {}): LoadedSettings {
  const problems = [...sources.problems];
  const index = createNameIndex(groups, { suggestions: options.suggestions !== false });
  const occurrences = collect(index, sources.layers, problems);
  const effective: EffectiveSetting[] = [];
  const settings = new Map<PropertyGroup, Readonly<Record<string, unknown>>>();
  for (const [group, properties] of Object.entries(groups)) {
    const values: Record<string, unknown> = {};
    for (const [member, property] of Object.entries(properties)) {
      const found = [...(occurrences.get(property)?.values() ?? [])];
      values[member] = property.multi ? multiValue(property, found, problems) : singleValue(property, found, problems);
      effective.push(...describe(group, property, found));
    }
    settings.set(properties, Object.freeze(values));
  }
  return { settingsOf: settingsReader(settings), problems, effective };
}

/** The value of every property that counts, per property by label (and by alias, whose values stand beside). */
function collect(index: NameIndex, layers: readonly SettingsLayer[], problems: SettingsProblem[]) {
  const occurrences = new Map<Property<unknown>, Map<string, Occurrence>>();
  const present = new Map<string, RawSetting>();
  for (const layer of layers) {
    for (const raw of layer.entries) take(raw, layer);
  }
  problems.push(...conflicts(present));
  return occurrences;

  function take(raw: RawSetting, layer: SettingsLayer): void {
    const match = layer.kind === 'environment' ? index.byVariable(raw.name) : index.byName(raw.name);
    if (raw.members && !(match?.property && !match.property.multi)) {
      for (const member of raw.members) take(member, layer);
      return;
    }
    const trimmed = { ...raw, value: raw.value.trim() };
    const blankCounts = match?.property?.blankCounts === true;
    if (trimmed.value === '' && !blankCounts) return;
    if (!match) {
      const problem = unknownNameProblem(index, trimmed, layer.kind);
      if (problem) problems.push(problem);
      return;
    }
    present.set(match.property ? match.property.name : match.known.name, trimmed);
    if (match.known) present.set(match.known.name, trimmed);
    if (match.property) keep({ match, raw: trimmed, layer });
    else if (!match.known.namesSource) problems.push(knownNameProblem(match.known, trimmed));
  }

  function keep(occurrence: Occurrence): void {
    const { match, raw, layer } = occurrence;
    const slots = occurrences.get(match.property) ?? new Map<string, Occurrence>();
    occurrences.set(match.property, slots);
    const slot = match.property.multi ? `${match.spelling}.${match.label}` : '';
    const earlier = slots.get(slot);
    if (earlier?.layer === layer) {
      // The property's own name beats an alias; otherwise the later one counts, as in Java.
      const wins = match.spelling === match.property.name || earlier.match.spelling !== match.property.name;
      problems.push(duplicate(raw, earlier.raw, wins ? raw : earlier.raw));
      if (!wins) return;
    }
    slots.set(slot, occurrence);
    if (match.known) problems.push(outdatedSpelling(raw, match));
  }
}

function* conflicts(present: ReadonlyMap<string, RawSetting>): Generator<SettingsProblem> {
  for (const { name, conflictsWith } of knownNames) {
    const raw = present.get(name);
    const other = conflictsWith === undefined ? undefined : present.get(conflictsWith);
    if (!raw || !other) continue;
    yield {
      severity: 'fatal',
      property: raw.name,
      source: raw.source,
      message: `conflicts with ${other.name} (${other.source}), which replaces it`,
      remedy: `Remove ${raw.name}.`,
    };
  }
}

function duplicate(raw: RawSetting, earlier: RawSetting, winner: RawSetting): SettingsProblem {
  return {
    severity: 'warning',
    property: raw.name,
    source: raw.source,
    message: `is set twice, the first time as ${earlier.name} (${earlier.source}); the value of ${winner.name} (${winner.source}) counts`,
    remedy: 'Remove one of them.',
  };
}

function outdatedSpelling(raw: RawSetting, match: DeclaredMatch): SettingsProblem {
  const message = match.known?.status === 'deprecated' ? 'is deprecated' : 'is outdated';
  const remedy = `Use ${match.property.name}.`;
  return { severity: 'warning', property: raw.name, source: raw.source, message, remedy };
}

function singleValue(property: Property<unknown>, found: readonly Occurrence[], problems: SettingsProblem[]): unknown {
  const occurrence = found[0];
  if (!occurrence) return property.defaultValue;
  const parsed = parse(property, occurrence.raw, problems);
  return parsed ? parsed.value : property.defaultValue;
}

/** Label to text. The plain name of an alias takes the empty label, or its own last segment where that is occupied. */
function multiValue(property: Property<unknown>, found: readonly Occurrence[], problems: SettingsProblem[]): unknown {
  if (found.length === 0) return property.defaultValue;
  const values = new Map<string, string>();
  const ownFirst = [...found].sort(
    (a, b) => Number(b.match.spelling === property.name) - Number(a.match.spelling === property.name),
  );
  for (const { match, raw } of ownFirst) {
    const parsed = parse(property, raw, problems);
    const text = parsed && parsed.value instanceof Map ? parsed.value.get('') : undefined;
    if (typeof text !== 'string') continue;
    const label = values.has(match.label) ? `${match.label}${match.spelling.split('.').at(-1)}` : match.label;
    values.set(label, text);
  }
  return values;
}

function parse(
  property: Property<unknown>,
  raw: RawSetting,
  problems: SettingsProblem[],
): { value: unknown } | undefined {
  try {
    return { value: property.parse(raw.value) };
  } catch (error) {
    const allowed = property.allowed ? ` Allowed: ${property.allowed.join(', ')}.` : '';
    problems.push({
      severity: 'fatal',
      property: raw.name,
      source: raw.source,
      message: error instanceof Error ? error.message : 'is malformed',
      found: shown(property, raw),
      remedy: `${property.description}${allowed}`,
    });
    return undefined;
  }
}

/** What was found, for a message: a token in the place of its hash must not be shown either. */
function shown(property: Property<unknown>, raw: RawSetting): string {
  return property.secret || namesSecret(property.name) ? masked : `"${displayValue(raw.value)}"`;
}

function describe(group: string, property: Property<unknown>, found: readonly Occurrence[]): EffectiveSetting[] {
  if (found.length === 0) return [{ group, name: property.name, value: defaultText(property), source: 'default' }];
  return found.map(({ match, raw }) => {
    const name = match.label === '' ? match.spelling : `${match.spelling}.${match.label}`;
    const hash = /sha256$/i.test(match.spelling) && /^[0-9a-f]{64}$/i.test(raw.value);
    const hidden = !hash && (property.secret || namesSecret(match.spelling));
    return {
      group,
      name: property.multi ? name : property.name,
      value: hidden ? masked : displayValue(raw.value),
      source: raw.source,
    };
  });
}

/** The default of a property as the reference page and the start-up log show it. */
export function defaultText(property: Property<unknown>): string {
  if (property.defaultText !== undefined) return property.defaultText;
  const value = property.defaultValue;
  if (value === undefined) return '(not set)';
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.join(' ');
  if (value instanceof Map) return value.size === 0 ? '(none)' : [...value.values()].join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
