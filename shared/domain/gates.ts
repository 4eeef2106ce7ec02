import type { Gate } from '../schemas/model.ts';
import type { Champion } from './champion.ts';
import type { Evaluation } from './evaluation.ts';
import { behaviourGates } from './gate-behaviour.ts';
import { calibrationGates } from './gate-calibration.ts';
import { latencyGate, sizeGate } from './gate-cost.ts';
import { parityGate } from './gate-parity.ts';
import { type Competitor, performanceGates } from './gate-performance.ts';
import { precisionGate } from './gate-precision.ts';
import { sliceGates } from './gate-slices.ts';
import { featureIndex } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { ScoringModel } from './registered-model.ts';
import type { ServedState } from './serving-sample.ts';

/** Name of the champion among an evaluation's models. */
export const CHAMPION = 'champion';
export const HAS_CART = 'has-cart';
/** A simpler model, or the one that serves, may be this much better by chance. */
const AS_GOOD = 0.01;

export interface Gated {
  readonly gates: readonly Gate[];
  /** See the manifest's `confident_from`. */
  readonly confidentFrom: number | null;
  /** Of scoring to decoding; null where nothing could be timed. */
  readonly latencyRatio: number | null;
}

/** Everything that the gates look at. */
export interface GateInputs {
  readonly evaluation: Evaluation;
  /** By its name in the evaluation. */
  readonly candidate: string;
  /** A simpler model in the evaluation that the candidate must not fall behind; null for none. */
  readonly simpler: string | null;
  /** Null: none was promoted, the has-cart rule serves. */
  readonly champion: Champion | null;
  readonly model: ScoringModel;
  /** Of the file that a scorer loads. */
  readonly bytes: number;
  readonly rows: PrefixRows;
  readonly states: readonly ServedState[];
  readonly timeZone: string;
  readonly seed: number;
  /** Milliseconds, from any origin. */
  readonly stopwatch: () => number;
}

/** Runs every gate on a candidate. */
export function runGates(inputs: GateInputs): Gated {
  const { evaluation, candidate, champion, model, rows, states, timeZone, seed } = inputs;
  const competitors: Competitor[] = [{ model: HAS_CART, tolerance: 0 }];
  const serving = evaluation.models.has(CHAMPION) ? CHAMPION : HAS_CART;
  if (serving === CHAMPION) competitors.push({ model: CHAMPION, tolerance: AS_GOOD });
  if (inputs.simpler !== null) competitors.push({ model: inputs.simpler, tolerance: AS_GOOD });
  const precision = precisionGate(evaluation, candidate, seed);
  const columns = model.features.map((name) => featureIndex(rows, name));
  const vectors = states.map(({ row }) => rows.vector(row, columns));
  const latency = latencyGate(model, vectors, inputs.stopwatch);
  return {
    gates: [
      ...(champion?.problem === undefined ? [] : [unusableChampion(champion)]),
      ...performanceGates(evaluation, candidate, competitors),
      ...calibrationGates(evaluation, candidate),
      precision.gate,
      ...sliceGates(evaluation, candidate, serving, seed),
      ...behaviourGates(model, rows, states, timeZone, seed),
      parityGate(model, rows, states, timeZone),
      sizeGate(inputs.bytes),
      latency.gate,
    ],
    confidentFrom: precision.confidentFrom,
    latencyRatio: latency.ratio,
  };
}

/** The gates that keep a model from being a candidate: failed ones, and required ones not passed. */
export function blockingGates(gates: readonly Gate[]): readonly Gate[] {
  return gates.filter(
    ({ verdict, required }) => verdict === 'fail' || (required && verdict !== 'pass'),
  );
}

function unusableChampion({ version, problem }: Champion): Gate {
  return {
    name: 'auc-over-champion',
    verdict: 'fail',
    required: true,
    rule: 'The version that serves can be opened, so that the candidate is measured beside it.',
    value: null,
    threshold: null,
    lower: null,
    upper: null,
    detail: `${version} cannot be compared with: ${problem}`,
  };
}
