import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createLog, type LogLevel } from './log.ts';
import { isCredentialName, safeLogField, safeLogText } from './redact.ts';

const folder = mkdtempSync(join(tmpdir(), 'tessera-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

function collecting(format: 'text' | 'json', level: LogLevel = 'INFO') {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLog({ level, format, destination, now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) }) };
}

describe('createLog', () => {
  it('writes a readable line', () => {
    const { log, lines } = collecting('text');
    log.info('OP6225', 'Token issued', { client_id: 'abc', scopes: ['openid', 'e mail'], ms: 1.5, none: undefined });
    log.warn('OP9001', 'Odd');
    expect(lines).toEqual([
      '2026-01-02T03:04:05.006Z INFO  OP6225 Token issued client_id=abc scopes=[openid "e mail"] ms=1.5\n',
      '2026-01-02T03:04:05.006Z WARN  OP9001 Odd\n',
    ]);
  });

  it('writes JSON, and keeps fields from taking the place of its own members', () => {
    const { log, lines } = collecting('json');
    log.info('OP6225', 'Token issued', { client_id: 'abc', level: 'x', id: 'y', on: true, scopes: ['openid'] });
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'INFO',
      time: '2026-01-02T03:04:05.006Z',
      id: 'OP6225',
      client_id: 'abc',
      field_level: 'x',
      field_id: 'y',
      on: true,
      scopes: ['openid'],
      msg: 'Token issued',
    });
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
  });

  it.each([
    ['TRACE', 5],
    ['DEBUG', 5],
    ['INFO', 4],
    ['WARN', 3],
    ['ERROR', 2],
    ['FATAL', 1],
    ['OFF', 0],
  ] as const)('at level %s writes %d of five messages', (level, count) => {
    for (const format of ['text', 'json'] as const) {
      const { log, lines } = collecting(format, level);
      log.debug('1', 'a');
      log.info('2', 'b');
      log.warn('3', 'c');
      log.error('4', 'd');
      log.fatal('5', 'e');
      expect(lines).toHaveLength(count);
    }
  });

  it('gives a child its own fields and those of its parents; the message wins', () => {
    const { log, lines } = collecting('text');
    log.child({ request_id: 'r1', a: 1 }).child({ a: 2 }).info('X', 'Hello', { b: 3 });
    log.info('Y', 'Hello');
    expect(lines.map((line) => line.slice(31))).toEqual(['X Hello request_id=r1 a=2 b=3\n', 'Y Hello\n']);
  });

  it('writes an error with its stack and its cause on one line', () => {
    const { log, lines } = collecting('text');
    log.error('OP6500', 'Failed', {}, new TypeError('outer', { cause: new Error('inner\nline') }));
    log.error('OP6500', 'Failed', {}, 'thrown text');
    expect(lines[0]).toMatch(
      /error="TypeError: outer" stack="TypeError: outer \| at .* \| caused by Error: inner \| line \| at /,
    );
    expect(lines[1]).toContain('error="string: thrown text"');
    expect(lines.join('').split('\n')).toHaveLength(3);
  });

  it('tells in JSON, too, what kind of error it is', () => {
    const { log, lines } = collecting('json');
    log.error('OP6500', 'Failed', {}, new TypeError('outer', { cause: new Error('inner') }));
    log.fatal('OP6500', 'Failed', {}, 'thrown text');
    log.error('OP6500', 'Failed', {}, { odd: true });
    const errors = lines.map((line): unknown => JSON.parse(line)['err']);
    expect(errors).toEqual([
      {
        type: 'TypeError',
        message: 'outer',
        stack: expect.stringMatching(/^TypeError: outer \| .*caused by Error: inner/),
      },
      { type: 'string', message: 'thrown text', stack: '' },
      { type: 'object', message: '[object Object]', stack: '' },
    ]);
  });

  it('never lets a value from outside break the line or forge one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('text', 'json'), (value, format) => {
        const { log, lines } = collecting(format);
        log.info('OP1', value, { client_id: value });
        expect(lines).toHaveLength(1);
        expect((lines[0] ?? '').slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });

  it('redacts credentials in fields, texts and errors', () => {
    const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
    for (const format of ['text', 'json'] as const) {
      const { log, lines } = collecting(format);
      log.error(
        'X',
        `Got ${jwt}`,
        { access_token: 'tok', clientSecret: 'sec', note: `a ${jwt}` },
        new Error(`bad ${jwt}`),
      );
      expect(lines.join('')).not.toMatch(/eyJ|tok"|sec"|=tok|=sec/);
    }
  });
});

describe('isCredentialName', () => {
  it.each([
    'password',
    'client_secret',
    'accessToken',
    'refresh_token',
    'code',
    'Authorization',
    'set-cookie',
    'encJWK',
  ])('knows %s', (name) => expect(isCredentialName(name)).toBe(true));
  it.each([
    'client_auth_id',
    'token_type',
    'grant_type',
    'code_challenge_method',
    'error_code',
    'client_id',
    'tokens_ms',
  ])('leaves %s', (name) => expect(isCredentialName(name)).toBe(false));
});

describe('safeLogText', () => {
  it.each([
    ['Authorization: Bearer ztucZS1ZyFKgh0tUEruUtiSTXhnexmd6', 'Authorization: Bearer [redacted]'],
    ['Basic authentication of a client failed', 'Basic authentication of a client failed'],
    ['GET /cb?code=abc&state=xyz', 'GET /cb?code=[redacted]&state=xyz'],
    ['grant_type=authorization_code', 'grant_type=authorization_code'],
    ['one\r\ntwo\u009b2J', 'one??two?2J'],
  ])('of %j', (text, expected) => {
    expect(safeLogText(text)).toBe(expected);
  });

  it('bounds the length of fields', () => {
    expect(safeLogField('client_id', 'x'.repeat(50_000))).toHaveLength(1003);
  });
});

describe('openLogDestination', () => {
  const node = process.execPath;
  const imports = `import { openLogDestination } from ${JSON.stringify(join(import.meta.dirname, 'log-destination.ts'))};`;

  it('collects lines and has them written in order after a flush, also to a reopened file', () => {
    const file = join(folder, 'server.log');
    writeFileSync(file, '');
    const script = join(folder, 'reopen.ts');
    writeFileSync(
      script,
      `${imports}
      import { renameSync } from 'node:fs';
            const log = openLogDestination(${JSON.stringify(file)});
      for (let line = 0; line < 5000; line++) log.write('line ' + line + '\\n');
      await log.flush();
      renameSync(${JSON.stringify(file)}, ${JSON.stringify(`${file}.1`)});
      await log.reopen();
      log.write('after\\n');
      await log.close();`,
    );
    execFileSync(node, [script], { timeout: 10_000 });
    const expected = Array.from({ length: 5000 }, (_, line) => `line ${line}\n`).join('');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe(expected);
    expect(readFileSync(file, 'utf8')).toBe('after\n');
  });

  it.each([
    ['at the normal end', ''],
    ['after an uncaught exception', "throw new Error('crash');"],
    ['after a rejection nobody handled', "await Promise.reject(new Error('crash'));"],
    ['on process.exit', 'process.exit(3);'],
    ['when the event loop had turned', 'await new Promise((done) => setTimeout(done, 60)); log.write("two\\n");'],
  ])('loses no line %s', (_, ending) => {
    const script = join(folder, 'end.ts');
    writeFileSync(script, `${imports} const log = openLogDestination(); log.write('one\\n'); ${ending}`);
    const { stdout } = spawnSync(node, [script], { encoding: 'utf8', timeout: 10_000 });
    expect(stdout).toBe(ending.includes('two') ? 'one\ntwo\n' : 'one\n');
  });

  it('survives a destination that cannot be written', () => {
    const script = join(folder, 'broken.ts');
    writeFileSync(
      script,
      `${imports} const log = openLogDestination('/dev/full'); log.write('one\\n');
       await new Promise((done) => setTimeout(done, 60)); log.write('two\\n'); await log.flush(); console.log('alive');`,
    );
    expect(spawnSync(node, [script], { encoding: 'utf8', timeout: 10_000 })).toMatchObject({
      status: 0,
      stdout: 'alive\n',
    });
  });
});
