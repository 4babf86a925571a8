import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricsRegistry } from '../ports/metrics.ts';

/** Milliseconds between two looks at the event loop. */
const lagInterval = 500;

/** Measures the process itself (`monitor.enableRuntimeMetrics`). Returns the stop. */
export function measureRuntime(metrics: MetricsRegistry): () => void {
  const memory = (member: 'rss' | 'heapUsed' | 'heapTotal' | 'external') => () => process.memoryUsage()[member];
  metrics.gauge('process.uptime', () => process.uptime());
  metrics.gauge('process.cpu', cpuFraction());
  for (const member of ['rss', 'heapUsed', 'heapTotal', 'external'] as const) {
    metrics.gauge(`process.${member}`, memory(member));
  }
  metrics.gauge('cluster.size', () => 1);
  const lag = metrics.timer('process.eventLoopLag');
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const timer = setInterval(() => {
    // The worst delay since the last look: the mean would hide the stalls that requests suffer from.
    if (delay.count > 0) lag.record(delay.max / 1e6);
    delay.reset();
  }, lagInterval).unref();
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}

/** Processor time over time since the last look, of one core; the first look covers the whole life. */
function cpuFraction(): () => number {
  let lastUsage = 0;
  let lastTime = 0;
  return () => {
    const { user, system } = process.cpuUsage();
    const now = process.uptime() * 1e6;
    const fraction = now > lastTime ? (user + system - lastUsage) / (now - lastTime) : 0;
    lastUsage = user + system;
    lastTime = now;
    return fraction;
  };
}
