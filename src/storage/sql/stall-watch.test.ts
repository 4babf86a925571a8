import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createStallWatch } from './stall-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LIMIT = 8000;

function watching() {
  const cuts: string[] = [];
  const emitter = new EventEmitter();
  const client = {
    once: (event: 'end', listener: () => void) => emitter.once(event, listener),
    connection: { stream: { destroy: (reason: Error) => void cuts.push(reason.message) } },
  };
  const watch = createStallWatch(LIMIT);
  return { watch, activity: watch.activityOf(client), cuts, end: () => emitter.emit('end') };
}

describe('a watched connection', () => {
  test('is cut when nothing comes to an outcome: not before the limit, and within an eighth more', () => {
    const { watch, activity, cuts } = watching();
    watch.start();
    vi.advanceTimersByTime(LIMIT / 8 - 1);
    activity.underWay = 1;
    vi.advanceTimersByTime(LIMIT);
    expect(cuts).toEqual([]);
    vi.advanceTimersByTime(LIMIT / 8 + 1);
    expect(cuts).toEqual([`PostgreSQL connection: no answer within ${LIMIT} ms`]);
  });

  test('stays while others on it are answered', () => {
    const { watch, activity, cuts } = watching();
    watch.start();
    activity.underWay = 5;
    for (let round = 0; round < 20; round++) {
      vi.advanceTimersByTime(LIMIT - 1);
      activity.finished++;
    }
    expect(cuts).toEqual([]);
  });

  test('stays while it has nothing to do, and before the watch starts', () => {
    const { watch, activity, cuts } = watching();
    activity.underWay = 1;
    vi.advanceTimersByTime(10 * LIMIT);
    activity.underWay = 0;
    watch.start();
    vi.advanceTimersByTime(10 * LIMIT);
    expect(cuts).toEqual([]);
  });

  test('is forgotten at its end, and all are when the watch stops', () => {
    const ended = watching();
    ended.watch.start();
    ended.activity.underWay = 1;
    ended.end();
    const left = watching();
    left.watch.start();
    left.activity.underWay = 1;
    left.watch.stop();
    vi.advanceTimersByTime(10 * LIMIT);
    expect([...ended.cuts, ...left.cuts]).toEqual([]);
  });
});
