import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allEvents, events } from './catalogue.ts';
import type { EventEntry } from './event.ts';
import { grantEvents } from './token-events.ts';

const root = new URL('../', import.meta.url);
const sources = globSync('**/*.ts', { cwd: root })
  .filter((path) => !path.endsWith('.test.ts') && !path.startsWith('testing/') && !path.startsWith('events/'))
  .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }));

const { answered, failed, refused } = grantEvents('code');
const all = [...allEvents, answered, failed, ...refused.values()];
const logged = all.filter(({ id }) => id !== undefined);
const areas = Object.entries<Readonly<Record<string, EventEntry>>>(events);
const names = areas.flatMap(([area, own]) => Object.keys(own).map((name) => ({ area, name })));

function duplicates(values: readonly string[]): readonly string[] {
  return values.filter((value, i) => values.indexOf(value) !== i);
}

describe('the catalogue', () => {
  test('has each event once, and says what becomes of it', () => {
    expect(duplicates(logged.map(({ id, text }) => `${id} ${text}`))).toEqual([]);
    expect(duplicates(all.filter(({ id }) => id === undefined).map(({ meter }) => `${meter}`))).toEqual([]);
    for (const { id, level, meter, text } of all) {
      expect(text).toMatch(/^[A-Z]/);
      if (id === undefined) expect([level, meter]).toEqual([undefined, expect.any(String)]);
      else expect([id, level]).toEqual([expect.stringMatching(/^[A-Z]{2}\d{4}$/), expect.any(String)]);
    }
  });

  test('has one level for each identifier', () => {
    const levels = Map.groupBy(logged, ({ id }) => id);
    const several = [...levels].filter(([, same]) => new Set(same.map(({ level }) => level)).size > 1);
    expect(several).toEqual([]);
  });

  test('has meters of well-formed names', () => {
    const odd = all.filter(({ meter }) => meter !== undefined && !/^[a-z][A-Za-z]*(\.[A-Za-z0-9]+)+$/.test(meter));
    expect(odd).toEqual([]);
  });
});

describe('the source', () => {
  test.each(names)('tells of $area.$name', ({ area, name }) => {
    // By its whole name, or taken out of its area first.
    const told = sources.some(
      ({ text }) =>
        new RegExp(`\\bevents\\.${area}\\.${name}\\b`).test(text) ||
        (new RegExp(`= events\\.${area};`).test(text) && new RegExp(`\\b${name}\\b`).test(text)),
    );
    expect(told).toBe(true);
  });

  test('has no identifier of an event, and makes no meter, but in the catalogue', () => {
    const strays = sources.flatMap(({ path, text }) =>
      (text.match(/['"][A-Z]{2}\d{4}['"]|\.meter\(/g) ?? []).map((found) => `${path}: ${found}`),
    );
    expect(strays).toEqual(['observability/events.ts: .meter(']);
  });
});
