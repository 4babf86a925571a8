import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEvents } from '../../observability/events.ts';
import { createMetrics } from '../../observability/metrics.ts';
import { measureRuntime } from '../../observability/runtime-metrics.ts';
import type { HealthCheck } from '../../ports/health-check.ts';
import { type Log, silentLog } from '../../ports/log.ts';
import { createMonitorApi } from './monitor-api.ts';

afterEach(() => vi.useRealTimers());

function monitor(checks: readonly HealthCheck[] = []) {
  const clock = { time: 1000, now: () => clock.time };
  const metrics = createMetrics();
  const logged: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (id) => void logged.push(id),
    error: (id, _text, _fields, error) => void logged.push(`${id} ${error instanceof Error ? error.message : ''}`),
  };
  return {
    clock,
    metrics,
    logged,
    api: createMonitorApi({ metrics, checks, clock, events: createEvents({ log }), version: '0.1.0' }),
  };
}

const healthy = { name: 'keyStore.op', check: async () => {} };
const broken = {
  name: 'sqlStore.pool.ConnectivityCheck',
  check: async () => {
    throw new Error('password authentication failed for user "app"');
  },
};

describe('ping', () => {
  it('answers pong', () => {
    expect(monitor().api.ping()).toMatchObject({ status: 200, body: 'pong' });
  });
});

describe('healthcheck', () => {
  it('answers 501 when there is nothing to check', async () => {
    expect(await monitor().api.healthcheck()).toMatchObject({ status: 501, body: '{}' });
  });

  it('answers 200 when all is healthy', async () => {
    const reply = await monitor([healthy]).api.healthcheck();
    expect(reply.status).toBe(200);
    expect(JSON.parse(String(reply.body))).toEqual({ 'keyStore.op': { healthy: true } });
  });

  it('answers 500 when a check fails; the reason stays in the log', async () => {
    const { api, logged } = monitor([healthy, broken]);
    const reply = await api.healthcheck();
    expect(reply.status).toBe(500);
    expect(JSON.parse(String(reply.body))).toEqual({
      'keyStore.op': { healthy: true },
      'sqlStore.pool.ConnectivityCheck': { healthy: false, message: 'The check failed, see the log' },
    });
    expect(logged).toEqual(['OP9100 password authentication failed for user "app"']);
  });

  it('stays healthy when only an informational check fails', async () => {
    const reply = await monitor([healthy, { ...broken, informational: true }]).api.healthcheck();
    expect(reply.status).toBe(200);
    expect(String(reply.body)).toContain('"healthy":false');
  });

  it('gives up on a check that hangs', async () => {
    vi.useFakeTimers();
    const { api, logged } = monitor([{ name: 'slow', check: () => new Promise(() => {}) }]);
    const reply = api.healthcheck();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await reply).toMatchObject({
      status: 500,
      body: '{"slow":{"healthy":false,"message":"The check took too long"}}',
    });
    expect(logged).toEqual(['OP9101']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('runs the checks at most once in five seconds, however many ask', async () => {
    let runs = 0;
    const check = async () => {
      runs += 1;
    };
    const { api, clock } = monitor([{ name: 'counted', check }]);
    await Promise.all([api.healthcheck(), api.healthcheck()]);
    clock.time += 4;
    await api.healthcheck();
    expect(runs).toBe(1);
    clock.time += 1;
    await api.healthcheck();
    expect(runs).toBe(2);
  });
});

describe('metrics and prometheus', () => {
  it('show what was measured', async () => {
    const { api, metrics } = monitor();
    metrics.meter('op.idTokenIssues').mark();
    const json = await api.metrics('');
    expect(json.headers).toMatchObject({
      'Content-Type': 'application/json',
      'Cache-Control': 'must-revalidate,no-cache,no-store',
    });
    expect(JSON.parse(String(json.body))).toMatchObject({ meters: { 'op.idTokenIssues': { count: 1 } } });
    expect(String((await api.metrics('pretty=true')).body)).toContain('\n');
    const text = await api.prometheus();
    expect(text.headers['Content-Type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text.body).toContain('\nop_idTokenIssues_total 1\n');
  });

  it('show the process when it is measured', async () => {
    const { api, metrics } = monitor();
    const stop = measureRuntime(metrics);
    const { gauges } = JSON.parse(String((await api.metrics('')).body));
    stop();
    expect(gauges['process.rss'].value).toBeGreaterThan(1e6);
    expect(gauges['process.cpu'].value).toBeGreaterThan(0);
    expect(gauges['process.uptime'].value).toBeGreaterThan(0);
  });
});

describe('threads', () => {
  it('tells of the process, and neither runtime nor library', () => {
    const { status, body } = monitor().api.threads();
    expect(status).toBe(200);
    expect(body).toMatch(/^version 0\.1\.0\nuptime \d+ s\n/);
    expect(body).not.toContain(process.version);
  });
});
