import { describe, expect, test, vi } from 'vitest';
import { events } from '../events/catalogue.ts';
import { counted, info } from '../events/event.ts';
import type { Subscriber } from '../ports/events.ts';
import { createEvents } from './events.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';

function around(listeners: readonly Subscriber[] = []) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line.trimEnd().replace(/^\S+ /, '')) };
  const log = createLog({ level: 'INFO', format: 'text', destination, now: () => 0 });
  const metrics = createMetrics();
  const counts = async (...names: readonly string[]) => {
    const { meters } = await metrics.snapshot();
    return names.map((name) => meters.get(name)?.count);
  };
  return { lines, counts, told: createEvents({ log, metrics, listeners }) };
}

describe('an event', () => {
  test('is a line of the log and a mark of its meter', async () => {
    const { told, lines, counts } = around();
    told.emit(events.registration.registered, { client_id: 'c1', by: 'master' });
    told.publish(events.registration.registered, { client_id: 'c2', by: 'master' }, undefined, 'r-1');
    expect(lines).toEqual([
      'INFO  OP9500 Client registered client_id=c1 by=master',
      'INFO  OP9500 Client registered requestId=r-1 client_id=c2 by=master',
    ]);
    expect(await counts('clientRegEndpoint.registrations')).toEqual([2]);
  });

  test('is only counted, or only logged, where the catalogue says so', async () => {
    const { told, lines, counts } = around();
    told.emit(events.token.codeIssued);
    told.emit(events.process.stopping);
    told.emit(events.authorization.consentRequired, { reason: 'new scope' });
    expect(lines).toEqual(['INFO  OP9013 Stopping']);
    expect(await counts('authzStore.codeIssues')).toEqual([1]);
  });

  test('may have its text from a field, which is not shown twice', () => {
    const { told, lines } = around();
    told.emit(events.process.configurationProblem, { problem: 'WARN op.issuer: is not https' });
    expect(lines).toEqual(['WARN  OP9010 WARN op.issuer: is not https']);
  });

  test('has its error in the log, with the stack', () => {
    const { told, lines } = around();
    told.emit(events.storage.purgeFailed, {}, new TypeError('the disk is gone'));
    expect(lines[0]).toMatch(
      /^ERROR IS9001 The purge of expired entries failed error="TypeError: the disk is gone" stack="/,
    );
  });

  test('that one cause makes thousands of is a line, and then a number every ten seconds', () => {
    vi.useFakeTimers();
    try {
      const { told, lines } = around();
      const away = (cause: string, requestId: string) =>
        told.publish(events.storage.away, { cause, method: 'POST', route: '/token' }, new Error('no write'), requestId);
      for (let index = 0; index < 5000; index++) away('25006', `r${index}`);
      away('53100', 'full');
      expect(lines.map((line) => line.replace(/ error=.*/, ''))).toEqual([
        'ERROR IS9004 A request failed because the storage is away requestId=r0 cause=25006 method=POST route=/token',
        'ERROR IS9004 A request failed because the storage is away requestId=full cause=53100 method=POST route=/token',
      ]);
      vi.advanceTimersByTime(10_000);
      away('25006', 'later');
      vi.advanceTimersByTime(10_000);
      expect(lines.slice(2)).toEqual([
        'ERROR IS9004 A request failed because the storage is away cause=25006 more=4999 seconds=10',
        'ERROR IS9004 A request failed because the storage is away cause=25006 more=1 seconds=10',
      ]);
      vi.advanceTimersByTime(60_000);
      expect([lines.length, vi.getTimerCount()]).toEqual([4, 0]);
      away('25006', 'again');
      expect(lines).toHaveLength(5);
    } finally {
      vi.useRealTimers();
    }
  });

  test('of an outsider is known from its declaration on, and counted even without', async () => {
    const { told, counts } = around();
    const declared = counted('vouchers.used', 'A voucher was used');
    const forgotten = info('VO0001', 'Voucher found', {}, { meter: 'vouchers.found' });
    told.declare([declared]);
    expect(await counts('vouchers.used', 'vouchers.found')).toEqual([0, undefined]);
    told.emit(declared);
    told.emit(forgotten);
    expect(await counts('vouchers.used', 'vouchers.found')).toEqual([1, 1]);
  });
});

describe('a listener', () => {
  test('hears what was logged and counted before, of requests and beside them, in order', () => {
    const heard: unknown[] = [];
    const { told, lines } = around([
      (event, fields, error, requestId) => heard.push([event === events.token.codeIssued, fields, error, requestId]),
      () => heard.push(lines.length),
    ]);
    told.publish(events.token.codeIssued, {}, undefined, 'r-1');
    told.emit(events.storage.purgeFailed, {}, 'why');
    expect(heard).toEqual([[true, {}, undefined, 'r-1'], 0, [false, {}, 'why', undefined], 1]);
  });

  test('that throws harms nobody, and the log tells', () => {
    const heard: string[] = [];
    const { told, lines } = around([
      () => {
        throw new Error('full');
      },
      (event) => heard.push(event.text),
    ]);
    told.publish(events.token.codeIssued, {}, undefined, 'r-1');
    expect(heard).toEqual(['A code was issued']);
    expect(lines).toEqual([
      expect.stringMatching(/^ERROR OP9016 A listener of events failed requestId=r-1 error="Error: full"/),
    ]);
  });
});
