import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeHtml, html, toText } from '../../kit/src/html.ts';

test('text never opens a tag, an attribute or an entity of its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(escapeHtml(text)).not.toMatch(/[<>"'`]/);
      expect(escapeHtml(text).replace(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&');
    }),
  );
});

test('text comes back from its escaped form, but for what HTML cannot hold', () => {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' };
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const back = escapeHtml(text).replace(/&(amp|lt|gt|quot|#39|#96);/g, (_, name: string) => entities[name] ?? '');
      expect(back).toBe(text);
    }),
  );
});

test('markup is kept, text is escaped, absent values leave nothing', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  expect(toText(html`<ul>${items}${undefined}${false}</ul>${1}`)).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>1');
});
