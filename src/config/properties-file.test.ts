import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProperties } from './properties-file.ts';

const pairs = (text: string) => parseProperties(text).entries.map(({ name, value }) => [name, value]);

/** Writes a pair as java.util.Properties would: everything special escaped. */
function encode(text: string, key: boolean): string {
  return [...text]
    .map((character, index) => {
      if (character === ' ') return key || index === 0 ? '\\ ' : ' ';
      if ('\\=:#!'.includes(character)) return `\\${character}`;
      if (/^[\x21-\x7e]$/.test(character)) return character;
      return [...Array(character.length).keys()]
        .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`)
        .join('');
    })
    .join('');
}

describe('parseProperties', () => {
  it.each([
    ['op.issuer=https://c2id.com', [['op.issuer', 'https://c2id.com']]],
    ['op.issuer : https://c2id.com', [['op.issuer', 'https://c2id.com']]],
    ['op.issuer https://c2id.com', [['op.issuer', 'https://c2id.com']]],
    [
      '  \t a=b\r\n# c=d\n! e=f\n\n \nlast',
      [
        ['a', 'b'],
        ['last', ''],
      ],
    ],
    ['a = one, \\\n    two, \\\r\n  # three', [['a', 'one, two, # three']]],
    ['# a comment is not continued \\\na=b', [['a', 'b']]],
    ['a\\=b\\:c\\ d=e', [['a=b:c d', 'e']]],
    [
      'a=ends in a backslash\\\\\nb=c',
      [
        ['a', 'ends in a backslash\\'],
        ['b', 'c'],
      ],
    ],
    ['a=\\u00e9\\t\\z', [['a', '\u00e9\tz']]],
    ['a==b', [['a', '=b']]],
    ['a=b\\', [['a', 'b']]],
    ['=b', [['', 'b']]],
  ])('reads %j', (text, expected) => {
    expect(pairs(text)).toEqual(expected);
  });

  it('keeps the line on which an entry starts, and reports a bad escape with its line', () => {
    const { entries, errors } = parseProperties('# head\na=1,\\\n  2\nb=\\u12x4\nc=3');
    expect(entries).toEqual([
      { name: 'a', value: '1,2', line: 2 },
      { name: 'c', value: '3', line: 5 },
    ]);
    expect(errors).toEqual([{ line: 4, message: 'expected four hexadecimal digits after \\u' }]);
  });

  it('reads back whatever was written by the rules of the format', () => {
    const word = fc.string({ unit: 'binary', maxLength: 20 });
    const separator = fc.constantFrom('=', ':', ' ', ' = ', '\t:\f');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), word, separator)), (written) => {
        const text = written.map(([name, value, between]) => `${encode(name, true)}${between}${encode(value, false)}`);
        expect(pairs(text.join('\n'))).toEqual(written.map(([name, value]) => [name, value]));
      }),
    );
  });

  it('takes any text without failing, and never more entries than lines', () => {
    const noise = fc.string({ unit: fc.constantFrom('a', '=', ':', '\\', 'u', '0', '\n', '\r', ' ', '#', '\u20ac') });
    fc.assert(
      fc.property(noise, (text) => {
        const { entries, errors } = parseProperties(text);
        expect(entries.length + errors.length).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
      }),
    );
  });
});
