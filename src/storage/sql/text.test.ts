import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromColumnText, toColumnText } from './text.ts';

/** Any UTF-16 text at all, with the dangerous units more often than chance would have them. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\0', '\ud800', '\udfff', '\uffff', '0000', 'a'),
      fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
    ),
  )
  .map((units) => units.join(''));

test('every string comes back, and its column text is one that PostgreSQL takes', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const column = toColumnText(text);
      expect(fromColumnText(column)).toBe(text);
      expect(column.isWellFormed()).toBe(true);
      expect(column).not.toContain('\0');
      expect(Buffer.from(column, 'utf8').toString('utf8')).toBe(column);
    }),
  );
});

test('ordinary text is written as it is', () => {
  for (const text of ['', 'alice', 'DOMAIN\\alice', "O'Neill", 'ключ-鍵-🔑', ' padded ']) {
    expect(toColumnText(text)).toBe(text);
  }
});
