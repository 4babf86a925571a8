import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OAuthError } from '../../src/errors/oauth-error.ts';
import { type Form, type FormOptions, parseForm, strictForm } from '../../src/protocol/params/form.ts';
import { cpuMilliseconds } from '../support/cpu-time.ts';

const repeatable = new Set(['resource', 'audience']);
const strict: FormOptions = { ...strictForm, repeatable };
const lenient: FormOptions = { ...strict, mode: 'lenient' };

/** All that a form says, for comparison. */
const told = ({ params, many, repeated }: Form) => ({
  params: [...params],
  many: [...repeatable].map((name) => many(name)),
  repeated: [...repeated],
});

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !repeatable.has(text));
const value = fc.string({ unit: 'grapheme', maxLength: 40 });
const single = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 20 });
const multiple = fc.array(fc.tuple(fc.constantFrom('resource', 'audience'), value), { maxLength: 10 });

/** Pieces of which hostile forms are made: well-formed, broken, empty and repeated ones. */
const piece = fc.oneof(
  fc.constantFrom('', '=', '&', '&&', '%', '%4', '%zz', '%ff', '%c0%af', '%ed%a0%80', '+', '%00', '%26', '%3D'),
  fc.constantFrom(
    'a=1',
    'a',
    '%61=2',
    'a=',
    'resource=x',
    'resource',
    'resource=%',
    '__proto__=1',
    'constructor=x',
    '?a=1',
  ),
  fc.string({ maxLength: 10 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
);
const hostile = fc
  .array(piece, { maxLength: 40 })
  .chain((pieces) => fc.constantFrom(pieces.join('&'), pieces.join('')));

describe('well-formed input', () => {
  test('reads alike, strict or lenient, and as it was written', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(single, multiple)
          .chain(([a, b]) => fc.shuffledSubarray([...a, ...b], { minLength: a.length + b.length })),
        (fields) => {
          const text = new URLSearchParams(
            fields.map(([key, text]) => [key.toWellFormed(), text.toWellFormed()]),
          ).toString();
          const form = parseForm(text, strict);
          expect(told(parseForm(text, lenient))).toEqual(told(form));
          const once = fields.filter(([key, text]) => !repeatable.has(key) && text !== '');
          expect([...form.params]).toEqual(once.map(([key, text]) => [key.toWellFormed(), text.toWellFormed()]));
          for (const key of repeatable) {
            const values = fields
              .filter(([other, text]) => other === key && text !== '')
              .map(([, text]) => text.toWellFormed());
            expect(form.many(key)).toEqual(values);
          }
        },
      ),
    );
  });

  test('empty values are absent, also of names that may repeat', () => {
    const form = parseForm('a=&b&c=1&resource=&resource=x', strict);
    expect([...form.params]).toEqual([['c', '1']]);
    expect(form.many('resource')).toEqual(['x']);
    expect(form.many('audience')).toEqual([]);
  });

  test('a name that may repeat is read with many alone, also where it came once', () => {
    const form = parseForm('resource=x', strict);
    expect(form.params.has('resource')).toBe(false);
    expect(form.many('resource')).toEqual(['x']);
  });

  test('many says nothing of names that may not repeat', () => {
    expect(parseForm('a=1&resource=x', strict).many('a')).toEqual([]);
  });
});

describe('hostile input', () => {
  test('strict: throws nothing but OAuthError', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          parseForm(text, strict);
        } catch (error) {
          if (!(error instanceof OAuthError)) throw error;
          expect(['malformed-form', 'repeated-parameter']).toContain(error.id);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('lenient: throws nothing, and believes what strict believes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const form = parseForm(text, lenient);
        for (const [key, value] of form.params) {
          expect(value).not.toBe('');
          expect(form.repeated.has(key)).toBe(false);
        }
        let believed: Form;
        try {
          believed = parseForm(text, strict);
        } catch {
          return;
        }
        const named = [...believed.params].filter(([key]) => key !== '');
        expect([...form.params]).toEqual(named);
        expect(form.repeated.size).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test('a repeated name is refused, or reported and not believed', () => {
    for (const text of ['a=1&a=2', 'a=1&a=1', 'a=&a=1', 'a=1&a', 'a=1&%61=2']) {
      expect(() => parseForm(text, strict), text).toThrow(expect.objectContaining({ id: 'repeated-parameter' }));
      const form = parseForm(`${text}&b=3`, lenient);
      expect(told(form), text).toEqual({ params: [['b', '3']], many: [[], []], repeated: ['a'] });
    }
  });

  test('a broken pair is refused, or skipped', () => {
    for (const text of ['a=%', '%zz=1', 'a=%ff', 'resource=%c0%af']) {
      expect(() => parseForm(`${text}&b=3`, strict), text).toThrow(expect.objectContaining({ id: 'malformed-form' }));
      expect(told(parseForm(`${text}&b=3`, lenient)), text).toEqual({
        params: [['b', '3']],
        many: [[], []],
        repeated: [],
      });
    }
  });

  test('the number of parameters is bounded, repeated ones and all', () => {
    for (const pair of [(i: number) => `p${i}=1`, () => 'resource=x']) {
      const text = (count: number) => Array.from({ length: count }, (_, i) => pair(i)).join('&');
      const bounded = { ...strict, maxParameters: 10 };
      expect(() => parseForm(text(10), bounded)).not.toThrow();
      expect(() => parseForm(text(11), bounded)).toThrow(expect.objectContaining({ id: 'malformed-form' }));
      const form = parseForm(text(11), { ...bounded, mode: 'lenient' });
      expect(form.params.size + form.many('resource').length).toBe(10);
    }
  });

  test('takes little CPU, whatever a quarter of a megabyte is made of', async () => {
    const size = 262_144;
    for (const unit of ['&', '=', '%', '+', 'a', '%61', 'a&', 'a=1&', 'resource=x&', '%&', '&=', 'a%', '=&'])
      for (const options of [strict, lenient]) {
        const text = unit.repeat(Math.ceil(size / unit.length));
        const spent = await cpuMilliseconds(async () => {
          try {
            parseForm(text, options);
          } catch {}
        });
        expect(spent, `${unit} ${options.mode}`).toBeLessThan(200);
      }
  });
});
