import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ScoreResponse } from '../schemas/score.ts';

/** At most so many values of one metric fit in a line of the embedded metric format. */
const MAX_SCORES = 100;
const MAX_WAIT_MS = 10_000;

/**
 * Counts scores by model version, decisions by action and the ages of features over several
 * invocations: a line of metrics for each score would cost more than computing it. What an
 * instance has counted since its last publication is lost with it.
 */
export class ScoreTally {
  readonly #metrics: Metrics;
  readonly #byModel = new Map<string, number>();
  readonly #byAction = new Map<string, number>();
  readonly #ages: number[] = [];
  #scores = 0;
  #publishedAt = Number.NEGATIVE_INFINITY;

  /** @param metrics of the tally's own, as it adds dimensions */
  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** @param now epoch milliseconds of the answer */
  count(answer: ScoreResponse, now: number): void {
    this.#scores++;
    add(this.#byModel, answer.model_version);
    add(this.#byAction, answer.action.type);
    if (answer.features_as_of !== null)
      this.#ages.push(Math.max(0, now - Date.parse(answer.features_as_of)) / 1000);
    if (this.#scores >= MAX_SCORES || now - this.#publishedAt >= MAX_WAIT_MS) this.#publish(now);
  }

  #publish(now: number): void {
    for (const age of this.#ages) this.#metrics.addMetric('FeatureAge', MetricUnit.Seconds, age);
    // Powertools publishes by itself what fills a line.
    if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
    this.#publishBy('model_version', 'Scores', this.#byModel);
    this.#publishBy('action', 'Decisions', this.#byAction);
    this.#ages.length = 0;
    this.#scores = 0;
    this.#publishedAt = now;
  }

  #publishBy(
    dimension: 'model_version' | 'action',
    metric: 'Scores' | 'Decisions',
    counts: Map<string, number>,
  ): void {
    for (const [value, count] of counts) {
      this.#metrics.addDimension(dimension, value);
      this.#metrics.addMetric(metric, MetricUnit.Count, count);
      this.#metrics.publishStoredMetrics();
    }
    counts.clear();
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
