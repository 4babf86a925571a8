/** A complete HTTP/1.1 answer as the load generator sees it. Text is latin1, since every target answers in ASCII. */
export interface Answer {
  readonly status: number;
  /** Status line and header fields, without the empty line at the end. */
  readonly head: string;
  /** The decoded body; chunks are joined. */
  readonly body: string;
}

const contentLength = /\r\ncontent-length: *(\d+)/i;
const chunkedCoding = /\r\ntransfer-encoding: *chunked/i;

/**
 * Reads one answer (RFC 9112) from the bytes received so far.
 *
 * @returns the answer, or undefined when more bytes must come.
 * @throws Error when the text is no HTTP/1.1 answer, or goes on after it (nobody here pipelines).
 */
export function readAnswer(text: string): Answer | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  if (!text.startsWith('HTTP/1.1 ')) throw new Error(`not an HTTP/1.1 answer: ${text.slice(0, 80)}`);
  const head = text.slice(0, headEnd);
  const status = Number(text.slice(9, 12));
  const bodyStart = headEnd + 4;
  const length = contentLength.exec(head)?.[1];
  if (length !== undefined) {
    const bodyEnd = bodyStart + Number(length);
    if (text.length < bodyEnd) return undefined;
    if (text.length > bodyEnd) throw new Error('bytes after the end of the answer');
    return { status, head, body: text.slice(bodyStart) };
  }
  if (chunkedCoding.test(head)) {
    const body = readChunks(text, bodyStart);
    return body === undefined ? undefined : { status, head, body };
  }
  if (status === 204 || status === 304) return { status, head, body: '' };
  throw new Error(`answer ${status} has neither Content-Length nor chunks`);
}

/** Joins the chunks from `start` on; undefined when the last one has not come yet. */
function readChunks(text: string, start: number): string | undefined {
  let body = '';
  let at = start;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('malformed chunk size');
    const dataEnd = lineEnd + 2 + size;
    if (text.length < dataEnd + 2) return undefined;
    if (size === 0) return body;
    body += text.slice(lineEnd + 2, dataEnd);
    at = dataEnd + 2;
  }
}

/** The value of a header field, or undefined. `name` in lower case. */
export function headerOf(answer: Answer, name: string): string | undefined {
  return headersOf(answer, name)[0];
}

/** All values of a header field that may be repeated, such as `set-cookie`. `name` in lower case. */
export function headersOf(answer: Answer, name: string): string[] {
  const values: string[] = [];
  for (const line of answer.head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).toLowerCase() === name) values.push(line.slice(colon + 1).trim());
  }
  return values;
}
