import { splitWords } from '../../domain/scope.ts';
import type { Within } from './client-member.ts';
import { isArray, sameJson } from './metadata-check.ts';

/** Power that is there or not: it may be kept as it is. */
export const unchanged: Within = (value, held) => sameJson(value, held);

/** Power that is a list: items may be given up. Who has registered none gets none. */
export const fewerItems: Within = (value, held) => {
  const items = isArray(held) ? held : [];
  return isArray(value) && value.every((item) => items.includes(item));
};

/** Power that is a text of words with blanks between: words may be given up. Who has registered none gets none. */
export const fewerWords: Within = (value, held) => {
  const words = new Set(typeof held === 'string' ? splitWords(held) : []);
  return typeof value === 'string' && splitWords(value).every((word) => words.has(word));
};
