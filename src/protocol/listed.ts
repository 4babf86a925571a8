import type { HttpReply } from '../ports/endpoint.ts';
import { noStoreJson } from './replies.ts';

/**
 * A JSON array or object (`brackets`) of members that are read page by page as the caller takes them, so that it needs no more memory than
 * a page however many there are. The first page is read beforehand: where that fails, it is answered as any failure. Later the
 * reply can only break off.
 */
export async function listedReply(
  pages: AsyncIterable<readonly string[]>,
  [open, close]: readonly [string, string] = ['[', ']'],
): Promise<HttpReply> {
  const iterator = pages[Symbol.asyncIterator]();
  const [first, second] = [await iterator.next(), await iterator.next()];
  const start = `${open}${first.done ? '' : first.value.join(',')}`;
  if (first.done || second.done) return { status: 200, headers: noStoreJson, body: `${start}${close}` };
  async function* rest(page: readonly string[]) {
    yield start;
    let next: IteratorResult<readonly string[]> = { done: false, value: page };
    for (; !next.done; next = await iterator.next()) if (next.value.length > 0) yield `,${next.value.join(',')}`;
    yield close;
  }
  return { status: 200, headers: noStoreJson, body: rest(second.value) };
}

/** The pages of a listing as texts, behind one another; each entry is named by what the next page comes after. */
export async function* pagesOf<T>(
  read: (page: { readonly after?: string; readonly limit: number }) => Promise<readonly T[]>,
  {
    size,
    after,
    most = Number.POSITIVE_INFINITY,
    keyOf,
    text,
  }: {
    readonly size: number;
    readonly after?: string | undefined;
    readonly most?: number;
    keyOf(entry: T): string;
    text(entry: T): string;
  },
): AsyncGenerator<readonly string[]> {
  let behind = after;
  for (let left = most; left > 0; ) {
    const limit = Math.min(size, left);
    const page = await read(behind === undefined ? { limit } : { after: behind, limit });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map(text);
    if (page.length < limit) return;
    behind = keyOf(last);
    left -= page.length;
  }
}
