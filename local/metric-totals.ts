const totals = new Map<string, number>();
let listening = false;

/**
 * Sums of the metrics that the functions of this process count, by name, from the first call of
 * this on. Everybody is given the same map, which goes on growing.
 */
export function metricTotals(): ReadonlyMap<string, number> {
  if (!listening) void listen();
  listening = true;
  return totals;
}

async function listen(): Promise<void> {
  // Loaded late: the module reads its settings when loaded, and the platform has to set them first.
  const { metrics } = await import('../shared/runtime/observability.ts');
  const addMetric = metrics.addMetric.bind(metrics);
  metrics.addMetric = (name, unit, value, resolution) => {
    totals.set(name, (totals.get(name) ?? 0) + value);
    return addMetric(name, unit, value, resolution);
  };
}
