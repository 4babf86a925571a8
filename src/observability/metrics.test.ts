import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEntryCounts } from './entry-count.ts';
import { createMetrics } from './metrics.ts';

function clocked() {
  const time = { now: 0 };
  return { time, metrics: createMetrics(() => time.now) };
}

describe('createMetrics', () => {
  it('gives the same instrument for the same name', async () => {
    const { metrics } = clocked();
    metrics.meter('a.b').mark();
    metrics.meter('a.b').mark();
    metrics.counter('c').increment();
    metrics.counter('c').increment();
    metrics.counter('c').decrement();
    const { meters, counters } = await metrics.snapshot();
    expect(meters.get('a.b')?.count).toBe(2);
    expect(counters.get('c')).toBe(1);
  });

  it('works out moving averages: one event per second settles at 1, and fades when it stops', async () => {
    const { metrics, time } = clocked();
    const meter = metrics.meter('m');
    for (let second = 0; second < 60; second++) {
      meter.mark();
      time.now += 1000;
      if (second % 5 === 4) await metrics.snapshot();
    }
    const steady = (await metrics.snapshot()).meters.get('m')?.rates;
    for (const rate of ['m1', 'm5', 'm15', 'mean'] as const) expect(steady?.[rate]).toBeCloseTo(1, 10);
    time.now += 60_000;
    const faded = (await metrics.snapshot()).meters.get('m')?.rates;
    expect(faded?.m1).toBeCloseTo(Math.exp(-1), 10);
    expect(faded?.m5).toBeCloseTo(Math.exp(-1 / 5), 10);
    expect(faded?.m15).toBeCloseTo(Math.exp(-1 / 15), 10);
    expect(faded?.mean).toBeCloseTo(0.5, 10);
  });

  it('ticks by itself once started, until stopped', async () => {
    vi.useFakeTimers();
    try {
      const metrics = createMetrics(() => Date.now());
      const stop = metrics.start();
      metrics.meter('m').mark();
      vi.advanceTimersByTime(5000);
      // Without the tick the event would be spread over the whole minute.
      vi.advanceTimersByTime(55_000);
      const ticked = (await metrics.snapshot()).meters.get('m')?.rates.m1;
      expect(ticked).toBeCloseTo(0.2 * Math.exp(-55 / 60), 10);
      stop();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps the distribution of the last minutes, exact to one per cent', async () => {
    const { metrics, time } = clocked();
    const timer = metrics.timer('t');
    for (let value = 1; value <= 1000; value++) timer.record(value / 100);
    const read = async () => (await metrics.snapshot()).timers.get('t');
    const fresh = await read();
    expect(fresh?.count).toBe(1000);
    const close = (actual: number | undefined, expected: number) =>
      expect(Math.abs((actual ?? 0) / expected - 1)).toBeLessThan(0.011);
    close(fresh?.distribution.p50, 5);
    close(fresh?.distribution.p99, 9.9);
    close(fresh?.distribution.min, 0.01);
    close(fresh?.distribution.max, 10);
    close(fresh?.distribution.mean, 5.005);
    time.now += 6 * 60_000;
    timer.record(100);
    close((await read())?.distribution.p50, 5.01);
    time.now += 6 * 60_000;
    timer.record(100);
    close((await read())?.distribution.p50, 100);
    time.now += 20 * 60_000;
    expect((await read())?.distribution).toMatchObject({ p50: 0, max: 0, mean: 0 });
    expect((await read())?.count).toBe(1002);
  });

  it('takes odd durations without failing', async () => {
    const { metrics } = clocked();
    for (const odd of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) metrics.timer('t').record(odd);
    expect((await metrics.snapshot()).timers.get('t')).toMatchObject({ count: 5 });
  });
});

describe('a gauge that does not answer', () => {
  afterEach(() => void vi.useRealTimers());

  it('has no value after three seconds; all others have theirs', async () => {
    vi.useFakeTimers();
    const { metrics } = clocked();
    metrics.gauge('hangs', () => new Promise(() => {}));
    metrics.gauge('works', async () => 7);
    metrics.counter('c').increment();
    const reading = metrics.prometheus();
    await vi.advanceTimersByTimeAsync(3000);
    const text = await reading;
    expect(text).toContain('\nworks 7\n');
    expect(text).toContain('\nc 1\n');
    expect(text).not.toContain('hangs');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('prometheus', () => {
  it('is empty without metrics', async () => {
    expect(await createMetrics().prometheus()).toBe('');
  });

  it('has each kind by the rules', async () => {
    const { metrics } = clocked();
    metrics.gauge('sessionStore.numSessions', async () => 7);
    metrics.gauge('broken', () => {
      throw new Error('database is down');
    });
    metrics.counter('http.activeRequests').decrement();
    metrics.meter('tokenEndpoint.code.successfulRequests').mark();
    metrics.histogram('sqlStore.pool.Usage').record(64);
    metrics.timer('op.jwtSignTimer').record(0.064);
    const text = await metrics.prometheus();
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('# HELP'));
    const summary = (name: string, value: string) =>
      ['0.5', '0.75', '0.95', '0.98', '0.99', '0.999'].map((quantile) => `${name}{quantile="${quantile}"} ${value}`);
    const signTime = /op_jwtSignTimer\{quantile="0.5"\} (\S+)/.exec(text)?.[1] ?? '';
    expect(Math.abs(Number(signTime) / 0.000064 - 1)).toBeLessThan(0.011);
    expect(samples).toEqual([
      '# TYPE sessionStore_numSessions gauge',
      'sessionStore_numSessions 7',
      '# TYPE http_activeRequests gauge',
      'http_activeRequests -1',
      '# TYPE sqlStore_pool_Usage summary',
      ...summary('sqlStore_pool_Usage', '64'),
      'sqlStore_pool_Usage_count 1',
      '# TYPE tokenEndpoint_code_successfulRequests_total counter',
      'tokenEndpoint_code_successfulRequests_total 1',
      '# TYPE op_jwtSignTimer summary',
      ...summary('op_jwtSignTimer', signTime),
      'op_jwtSignTimer_count 1',
    ]);
    expect(text.endsWith('1\n')).toBe(true);
  });
});

describe('dropwizard', () => {
  it('has each kind with its members', async () => {
    const { metrics, time } = clocked();
    metrics.gauge('g', () => 7);
    metrics.gauge('lost', async () => {
      throw new Error('database is down');
    });
    metrics.counter('c').increment();
    metrics.meter('m').mark();
    metrics.histogram('h').record(3);
    metrics.timer('t').record(1);
    time.now = 5000;
    const distribution = ['max', 'mean', 'min', 'p50', 'p75', 'p95', 'p98', 'p99', 'p999', 'stddev'];
    const rates = ['m1_rate', 'm5_rate', 'm15_rate', 'mean_rate'];
    const parsed = JSON.parse(await metrics.dropwizard(false));
    expect(Object.keys(parsed)).toEqual(['version', 'gauges', 'counters', 'histograms', 'meters', 'timers']);
    expect(parsed.gauges).toEqual({ g: { value: 7 }, lost: { value: null } });
    expect(parsed.counters).toEqual({ c: { count: 1 } });
    expect(Object.keys(parsed.histograms.h)).toEqual(['count', ...distribution]);
    expect(Object.keys(parsed.timers.t)).toEqual(['count', ...distribution, ...rates, 'duration_units', 'rate_units']);
    expect(parsed.timers.t).toMatchObject({ duration_units: 'milliseconds', rate_units: 'calls/second' });
    expect(parsed.meters.m).toEqual({
      count: 1,
      m1_rate: 0.2,
      m5_rate: 0.2,
      m15_rate: 0.2,
      mean_rate: 0.2,
      units: 'events/second',
    });
    expect(await metrics.dropwizard(true)).toContain('\n  "gauges": {');
  });
});

describe('createEntryCounts', () => {
  it('asks once per time-out, shares a reading under way, and forgets a failure', async () => {
    const clock = { time: 100, now: () => clock.time };
    let asked = 0;
    let fail = false;
    const gauge = createEntryCounts(
      60,
      clock,
    )(async () => {
      asked += 1;
      if (fail) throw new Error('database is down');
      return asked;
    });
    expect(await Promise.all([gauge(), gauge()])).toEqual([1, 1]);
    clock.time += 59;
    expect(await gauge()).toBe(1);
    clock.time += 1;
    fail = true;
    await expect(gauge()).rejects.toThrow('database is down');
    fail = false;
    expect(await gauge()).toBe(3);
  });

  it('does not cache at 0, and never asks below', async () => {
    let asked = 0;
    const count = async () => ++asked;
    const clock = { now: () => 0 };
    const uncached = createEntryCounts(0, clock)(count);
    expect([await uncached(), await uncached()]).toEqual([1, 2]);
    expect(await createEntryCounts(-1, clock)(count)()).toBe(-1);
    expect(asked).toBe(2);
  });
});
