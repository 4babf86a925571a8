import { closest } from './edit-distance.ts';
import { type KnownName, knownNames } from './known-names.ts';
import type { Property, PropertyGroup } from './property.ts';

/** A name that belongs to a declared property. */
export interface DeclaredMatch {
  readonly property: Property<unknown>;
  /** The name it was matched by: the property's own or one of its aliases. */
  readonly spelling: string;
  /** What follows the name of a `multi` property; empty for the plain name. */
  readonly label: string;
  /** The compatibility target's entry for the spelling, where it is outdated there. */
  readonly known: KnownName | undefined;
}

/** What a written name stands for: a declared property, or one that only the compatibility target has. */
export type NameMatch = DeclaredMatch | { readonly property: undefined; readonly known: KnownName };

/** Finds out what the names in the sources stand for. */
export interface NameIndex {
  /** The match of a dotted name, exact in case; undefined when nobody knows it. */
  byName(name: string): NameMatch | undefined;
  /** The match of an environment variable: `.` as `_`, any case, prefix `C2ID_` optional. Labels come in lower case. */
  byVariable(variable: string): NameMatch | undefined;
  /** Whether an unknown dotted name stands below the first segment of a known one. */
  belowKnownPrefix(name: string): boolean;
  /** Whether an unknown environment variable is so close to our names that it must be meant for us. */
  variableMeantForUs(variable: string): boolean;
  /** The known name closest to an unknown one; undefined when none is close. */
  suggestName(name: string): string | undefined;
  /** The same for environment variables. */
  suggestVariable(variable: string): string | undefined;
}

type Target = Omit<DeclaredMatch, 'label'> | { readonly property: undefined; readonly known: KnownName };

/** Characters of the longest name that is looked up; none of ours, with any sensible label, comes near. */
const longestName = 512;

/**
 * Indexes the declared and the known names. Without `suggestions` no known name is ever near to an unknown one. Throws an
 * `Error` when two declarations claim the same name.
 */
export function createNameIndex(
  groups: Readonly<Record<string, PropertyGroup>>,
  { suggestions }: { readonly suggestions: boolean } = { suggestions: true },
): NameIndex {
  const exact = new Map<string, Target>();
  const labelled = new Map<string, Target>();
  addDeclared(groups, exact, labelled);
  addKnown(exact, labelled);
  const exactVariables = new Map([...exact].map(([name, target]) => [asVariable(name), target]));
  const labelledVariables = new Map([...labelled].map(([name, target]) => [asVariable(name), target]));
  const prefixes = new Set([...exact.keys()].filter((name) => name.includes('.')).map((name) => head(name, 1)));
  const variablePrefixes = [...exact.keys()]
    .filter((name) => name.split('.').length > 2)
    .map((name) => `${asVariable(head(name, 2))}_`);
  const meant = new Set(['AUTHZSTORE_', 'SESSIONSTORE_', ...variablePrefixes]);
  return {
    byName: (name) => find(name, '.', exact, labelled),
    byVariable: (variable) => {
      const match = find(withoutPrefix(variable), '_', exactVariables, labelledVariables);
      return match?.property ? { ...match, label: match.label.toLowerCase() } : match;
    },
    belowKnownPrefix: (name) => prefixes.has(head(name, 1)),
    variableMeantForUs: (variable) => {
      const bare = withoutPrefix(variable);
      return bare !== variable.toUpperCase() || [...meant].some((prefix) => bare.startsWith(prefix));
    },
    suggestName: (name) => (suggestions ? closest(name, exact.keys()) : undefined),
    suggestVariable: (variable) => (suggestions ? closest(withoutPrefix(variable), exactVariables.keys()) : undefined),
  };
}

function addDeclared(
  groups: Readonly<Record<string, PropertyGroup>>,
  exact: Map<string, Target>,
  labelled: Map<string, Target>,
): void {
  const outdated = new Map(knownNames.filter(({ status }) => status !== 'current').map((known) => [known.name, known]));
  const owners = new Map<string, string>();
  for (const [owner, group] of Object.entries(groups)) {
    for (const property of Object.values(group)) {
      for (const spelling of [property.name, ...property.aliases]) {
        const other = owners.get(spelling);
        if (other !== undefined) throw new Error(declaredTwice(spelling, other, owner));
        owners.set(spelling, owner);
        const target = { property, spelling, known: outdated.get(spelling) };
        exact.set(spelling, target);
        if (property.multi) labelled.set(spelling, target);
      }
    }
  }
}

function declaredTwice(name: string, a: string, b: string): string {
  if (a === b) return `the feature ${a} declares the property ${name} twice`;
  return `the features ${a} and ${b} both declare the property ${name}`;
}

function addKnown(exact: Map<string, Target>, labelled: Map<string, Target>): void {
  for (const known of knownNames) {
    const name = known.name.replace(/\.\*$/, '');
    const target = { property: undefined, known };
    if (!exact.has(name)) exact.set(name, target);
    if (known.name !== name && !labelled.has(name)) labelled.set(name, target);
  }
}

/** The exact name, or else the longest labelled name that it continues: every dot is a look-up, which bounds the name. */
function find(
  name: string,
  separator: string,
  exact: ReadonlyMap<string, Target>,
  labelled: ReadonlyMap<string, Target>,
): NameMatch | undefined {
  if (name.length > longestName) return undefined;
  const whole = exact.get(name);
  if (whole) return withLabel(whole, '');
  for (let end = name.lastIndexOf(separator); end > 0; end = name.lastIndexOf(separator, end - 1)) {
    const target = labelled.get(name.slice(0, end));
    const label = name.slice(end + 1);
    if (target && label !== '') return withLabel(target, label);
  }
  return undefined;
}

function withLabel(target: Target, label: string): NameMatch {
  return target.property ? { ...target, label } : target;
}

function asVariable(name: string): string {
  return name.replaceAll('.', '_').toUpperCase();
}

function withoutPrefix(variable: string): string {
  return variable.toUpperCase().replace(/^C2ID_/, '');
}

function head(name: string, segments: number): string {
  return name.split('.').slice(0, segments).join('.');
}
