import { expect, test } from 'vitest';
import { createJsonLog } from '../src/log.ts';

test('a line has the members and levels of those of the server', () => {
  const lines: unknown[] = [];
  const log = createJsonLog((line) => void lines.push(JSON.parse(line)));
  log.info('LG0001', 'ready', { port: 1 });
  log.warn('LG2001', 'failed');
  log.error('LG9001', 'broken', {}, new TypeError('odd'));
  log.error('LG9001', 'broken', {}, 'thrown');
  const time = expect.stringMatching(/^\d{4}-.*Z$/);
  const stack = expect.stringMatching(/^TypeError: odd \| at /);
  expect(lines).toEqual([
    { level: 'INFO', time, id: 'LG0001', port: 1, msg: 'ready' },
    { level: 'WARN', time, id: 'LG2001', msg: 'failed' },
    { level: 'ERROR', time, id: 'LG9001', err: { type: 'TypeError', message: 'odd', stack }, msg: 'broken' },
    { level: 'ERROR', time, id: 'LG9001', err: { type: 'string', message: 'thrown', stack: '' }, msg: 'broken' },
  ]);
});
