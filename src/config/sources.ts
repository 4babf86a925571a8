import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SettingsProblem } from './problem.ts';
import { environmentLayer, type RawSetting, type ReadLayer, type SettingsLayer, textLayer } from './settings-layer.ts';

/** Where settings come from. Everything may be absent. */
export interface SourceOptions {
  /** Values that the program supplies itself, below everything else. */
  readonly presets?: SettingsLayer;
  /** Files (`.properties` or JSON) and directories, in rising order; of a directory all its `*.properties`. */
  readonly paths?: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** From `commandLineLayer`. */
  readonly commandLine?: ReadLayer;
  /** Fetches the text behind an http(s) `systemPropertiesURL`; throws an `Error` when it cannot. */
  readonly fetchText?: (url: string) => Promise<string>;
}

/** The layers in rising order, and what could not be read. */
export interface Sources {
  readonly layers: readonly SettingsLayer[];
  readonly problems: readonly SettingsProblem[];
}

/** JSON files of a configuration directory, each the value of one property. */
const valueFiles: Readonly<Record<string, string>> = {
  'keyStoreEncJWK.json': 'keyStore.encJWK',
  'jwkSet.json': 'jose.jwkSet',
  'federationJWKSet.json': 'jose.federationJWKSet',
  'ldapClaimsMap.json': 'op.ldapClaimsSource.attributeMap',
};

/** A dictionary of bit positions, not settings. */
const otherFiles = ['claimsCompression.properties'];

/**
 * Reads every source. Rank, rising: presets, files in the order given, the file or URL named by `systemPropertiesURL`
 * (http, https or file), the environment, the command line. A source that cannot be read is a fatal problem; never throws.
 */
export async function readSources(options: SourceOptions): Promise<Sources> {
  const below = [...(options.presets ? [{ layer: options.presets, problems: [] }] : []), ...pathLayers(options.paths)];
  const above: ReadLayer[] = [];
  if (options.environment) above.push({ layer: environmentLayer(options.environment), problems: [] });
  if (options.commandLine) above.push(options.commandLine);
  const overrides = await overridesLayer([...below, ...above], options.fetchText);
  const read = [...below, ...(overrides ? [overrides] : []), ...above];
  return { layers: read.map(({ layer }) => layer), problems: read.flatMap(({ problems }) => problems) };
}

function pathLayers(paths: readonly string[] = []): ReadLayer[] {
  return paths.map((path) => {
    try {
      return statSync(path).isDirectory() ? directoryLayer(path) : fileLayer(path);
    } catch (error) {
      return unreadable(`file ${path}`, error, 'Check the path and the permissions.');
    }
  });
}

/** The files of a directory are one layer: a property that stands in two of them is reported as a duplicate. */
function directoryLayer(path: string): ReadLayer {
  const entries: RawSetting[] = [];
  const problems: SettingsProblem[] = [];
  for (const name of readdirSync(path).sort()) {
    const property = valueFiles[name];
    const file = join(path, name);
    if (property !== undefined) {
      entries.push({ name: property, value: readText(file), source: `file ${file}` });
    } else if (name.endsWith('.properties') && !otherFiles.includes(name)) {
      const read = fileLayer(file);
      entries.push(...read.layer.entries);
      problems.push(...read.problems);
    }
  }
  return { layer: { kind: 'file', entries }, problems };
}

function fileLayer(path: string): ReadLayer {
  return textLayer(readText(path), `file ${path}`);
}

/** UTF-8, or ISO 8859-1 where that fails: old properties files are in the latter. */
function readText(path: string): string {
  const bytes = readFileSync(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

async function overridesLayer(
  layers: readonly ReadLayer[],
  fetchText: SourceOptions['fetchText'],
): Promise<ReadLayer | undefined> {
  const location = findOverridesUrl(layers.map(({ layer }) => layer));
  if (location === undefined) return undefined;
  const remedy = `systemPropertiesURL (${location.source}) names it: expected the file, http or https URL of a properties file.`;
  const url = URL.canParse(location.value) ? new URL(location.value) : undefined;
  // A URL that carries credentials must not reach the log with them.
  const source = `systemPropertiesURL ${url ? `${url.protocol}//${url.host}${url.pathname}` : ''}`.trimEnd();
  try {
    if (url?.protocol === 'file:') return textLayer(readText(fileURLToPath(url)), source);
    if (url && fetchText && /^https?:$/.test(url.protocol)) return textLayer(await fetchText(url.href), source);
    return unreadable(source, new Error('not a URL that can be read here'), remedy);
  } catch (error) {
    return unreadable(source, error, remedy);
  }
}

function findOverridesUrl(layers: readonly SettingsLayer[]): RawSetting | undefined {
  for (const layer of [...layers].reverse()) {
    const matches = (name: string): boolean =>
      layer.kind === 'environment' ? /^(C2ID_)?SYSTEMPROPERTIESURL$/i.test(name) : name === 'systemPropertiesURL';
    const found = layer.entries.findLast(({ name, value }) => matches(name) && value.trim() !== '');
    if (found) return { ...found, value: found.value.trim() };
  }
  return undefined;
}

function unreadable(source: string, error: unknown, remedy: string): ReadLayer {
  const message = `cannot be read: ${error instanceof Error ? error.message : 'unknown error'}`;
  return {
    layer: { kind: 'file', entries: [] },
    problems: [{ severity: 'fatal', property: '', source, message, remedy }],
  };
}
