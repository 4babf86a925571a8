/** What a guide asks its reader to do next. */
export type GuideStep =
  /** Commands for the reader's shell, which must succeed. */
  | { readonly kind: 'run'; readonly line: number; readonly code: string; readonly output: string | undefined }
  /** Commands that stay running in another terminal, ready when `wait` answers. */
  | {
      readonly kind: 'background';
      readonly line: number;
      readonly code: string;
      readonly wait: string;
      readonly output: string | undefined;
    }
  /** A file to save under `path`. */
  | { readonly kind: 'file'; readonly line: number; readonly code: string; readonly path: string };

/**
 * The steps of a guide in Markdown. The info string of a fenced block says what it is: `sh` runs, `sh norun` is only shown,
 * `sh background wait=URL` stays running, `<language> file=PATH` is saved, and `output` right after a `sh` block is what that
 * block prints, with `...` for anything. Throws an `Error` for an `output` block without commands before it.
 */
export function parseGuide(markdown: string): readonly GuideStep[] {
  const steps: GuideStep[] = [];
  for (const { info, code, line } of fencedBlocks(markdown)) {
    const [language = '', ...words] = info.split(' ');
    const option = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
    const path = option('file');
    const wait = option('wait');
    if (language === 'output') {
      const last = steps.pop();
      if (!last || last.kind === 'file') throw new Error(`line ${line}: output without commands before it`);
      steps.push({ ...last, output: code });
    } else if (path !== undefined) steps.push({ kind: 'file', line, code, path });
    else if (language !== 'sh' || words.includes('norun')) continue;
    else if (wait !== undefined) steps.push({ kind: 'background', line, code, wait, output: undefined });
    else steps.push({ kind: 'run', line, code, output: undefined });
  }
  return steps;
}

/** Whether `actual` is what a guide shows as `expected`: alike but for white space at line ends, `...` standing for anything. */
export function looksLike(expected: string, actual: string): boolean {
  const tidy = (text: string) => text.replaceAll(/[ \t]+$/gm, '').trim();
  const pattern = tidy(expected)
    .split('...')
    .map((part) => literal(part))
    .join('[\\s\\S]*?');
  return new RegExp(`^${pattern}$`).test(tidy(actual));
}

/** The texts after `# =>` in the commands: lines that must appear in what they print, in this order. */
export function promisedLines(code: string): readonly string[] {
  return [...code.matchAll(/# => (.+)$/gm)].map(([, text = '']) => text.trim());
}

/** A pattern that matches just this text. */
export function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function fencedBlocks(markdown: string) {
  const blocks: { readonly info: string; readonly code: string; readonly line: number }[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    if (!text.startsWith('```')) open?.lines.push(text);
    else if (open) {
      blocks.push({ info: open.info, line: open.line, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else open = { info: text.slice(3).trim(), line: index + 1, lines: [] };
  }
  return blocks;
}
