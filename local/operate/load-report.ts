import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { LoadRequest } from './load-traffic.ts';

/** Milliseconds from when a request was due to its whole answer. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly slowest: number;
}

export interface LoadReport {
  readonly seconds: number;
  readonly requests: number;
  /** Answered as they should be, a second. */
  readonly rate: number;
  readonly latency: Latency;
  readonly latency_of: Readonly<Partial<Record<LoadRequest['kind'], Latency>>>;
  /** By status, or by the code of what broke the connection. */
  readonly errors: Readonly<Record<string, number>>;
  readonly degraded: number;
}

export type LoadOutcome =
  | { readonly answered: true; readonly degraded: boolean; readonly eventsAccepted: number }
  | { readonly answered: false; readonly error: string };

const MICROSECONDS = 1000;

/** Counts the outcomes of a load in little memory, however long it lasts. */
export class LoadRecorder {
  readonly #all = createHistogram();
  readonly #byKind = new Map<LoadRequest['kind'], RecordableHistogram>();
  readonly #errors = new Map<string, number>();
  #requests = 0;
  #answered = 0;
  #degraded = 0;

  record(kind: LoadRequest['kind'], milliseconds: number, outcome: LoadOutcome): void {
    this.#requests++;
    const microseconds = Math.max(1, Math.round(milliseconds * MICROSECONDS));
    const ofKind = this.#byKind.get(kind) ?? createHistogram();
    this.#byKind.set(kind, ofKind);
    for (const histogram of [this.#all, ofKind]) histogram.record(microseconds);
    if (!outcome.answered) {
      this.#errors.set(outcome.error, (this.#errors.get(outcome.error) ?? 0) + 1);
      return;
    }
    this.#answered++;
    if (outcome.degraded) this.#degraded++;
  }

  report(seconds: number): LoadReport {
    return {
      seconds,
      requests: this.#requests,
      rate: this.#answered / seconds,
      latency: latencyOf(this.#all),
      latency_of: Object.fromEntries(
        [...this.#byKind].map(([kind, one]) => [kind, latencyOf(one)]),
      ),
      errors: Object.fromEntries(this.#errors),
      degraded: this.#degraded,
    };
  }
}

function latencyOf(histogram: RecordableHistogram): Latency {
  const at = (percentile: number) => histogram.percentile(percentile) / MICROSECONDS;
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), slowest: at(100) };
}

export interface Thresholds {
  /** Milliseconds. */
  readonly p99: number | null;
  /** Of all requests, 0–1. */
  readonly errors: number;
}

/** @returns what the load has missed, in words; empty where it has met all */
export function missedBy(
  report: LoadReport,
  lost: number | null,
  { p99, errors }: Thresholds,
): readonly string[] {
  const failed = Object.values(report.errors).reduce((sum, count) => sum + count, 0);
  const missed: string[] = [];
  if (p99 !== null && report.latency.p99 > p99) {
    missed.push(`p99 ${report.latency.p99.toFixed(1)} ms is over ${p99} ms`);
  }
  if (failed > errors * report.requests) {
    missed.push(`${failed} of ${report.requests} requests failed, at most ${errors * 100} % may`);
  }
  if (lost !== null && lost > 0) missed.push(`${lost} visitors are not known to the scores`);
  return missed;
}
