import { type Metrics, noMetrics } from '../ports/metrics.ts';
export const createMetrics = (): Metrics => noMetrics;
