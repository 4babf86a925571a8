import type { DistributionValues } from './distribution.ts';
import type { MetricsSnapshot } from './metrics-snapshot.ts';

const quantiles = [
  ['0.5', 'p50'],
  ['0.75', 'p75'],
  ['0.95', 'p95'],
  ['0.98', 'p98'],
  ['0.99', 'p99'],
  ['0.999', 'p999'],
] as const;

/**
 * The values in Prometheus text exposition format 0.0.4: gauges and counters as gauge, meters as counter `<name>_total`,
 * timers as summary in seconds, histograms as summary. Gauges that cannot be read are left out.
 */
export function renderPrometheus(snapshot: MetricsSnapshot): string {
  const lines: string[] = [];
  const family = (name: string, suffix: string, kind: string, type: string): string => {
    const exposed = prometheusName(name) + suffix;
    lines.push(`# HELP ${exposed} The ${kind} ${name}`, `# TYPE ${exposed} ${type}`);
    return exposed;
  };
  const summary = (name: string, kind: string, values: DistributionValues, count: number, divisor: number): void => {
    const exposed = family(name, '', kind, 'summary');
    for (const [quantile, member] of quantiles) {
      lines.push(`${exposed}{quantile="${quantile}"} ${values[member] / divisor}`);
    }
    lines.push(`${exposed}_count ${count}`);
  };
  for (const [name, value] of snapshot.gauges) {
    if (value !== undefined) lines.push(`${family(name, '', 'gauge', 'gauge')} ${value}`);
  }
  for (const [name, value] of snapshot.counters) lines.push(`${family(name, '', 'counter', 'gauge')} ${value}`);
  for (const [name, { distribution, count }] of snapshot.histograms) summary(name, 'histogram', distribution, count, 1);
  for (const [name, { count }] of snapshot.meters) lines.push(`${family(name, '_total', 'meter', 'counter')} ${count}`);
  for (const [name, { distribution, count }] of snapshot.timers) summary(name, 'timer', distribution, count, 1000);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Every character outside of `[a-zA-Z0-9:_]` becomes `_`; a name must not begin with a digit either. */
function prometheusName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9:_]/g, '_').replace(/^(?=\d)/, '_');
}
