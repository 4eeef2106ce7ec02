import { MalformedPrediction } from '../errors.ts';
import { logit } from '../math/logit.ts';
import type { Clock, ModelEndpoint } from '../ports.ts';
import type { Decision, FeatureValue } from '../schemas/score.ts';
import { type CircuitRules, closedCircuit, failed, permit, succeeded } from './circuit-breaker.ts';
import { type Deadline, withinDeadline } from './deadline.ts';
import type { ScoringModel } from './registered-model.ts';

/** A margin and its probability, and where they were computed. */
export interface Scored extends ReturnType<ScoringModel['score']> {
  readonly scoredBy: NonNullable<Decision['scored_by']>;
}

export interface EndpointScoring {
  readonly endpoint: ModelEndpoint;
  readonly clock: Clock;
  readonly rules: CircuitRules;
  /** Starts the time that the endpoint has, which must leave some of the score's own. */
  readonly deadline: () => Deadline;
  /** Told of each call that failed. */
  readonly report: (failure: 'EndpointFailed', error: Error) => void;
  /** Told of each score that the process computed in the endpoint's stead. */
  readonly fellBack: () => void;
}

/** The float32 probabilities next to 0 and 1, of margins −103 and 16.6: beyond, they round to 0 or 1. */
const SMALLEST = 2 ** -149;
const LARGEST = 1 - 2 ** -24;

/**
 * Scores forests on an endpoint that hosts the same version, and in this process whatever an
 * endpoint does not take, and while it fails: by the same file, so a fallback is no other answer.
 */
export class EndpointBackend {
  readonly #deps: EndpointScoring;
  #circuit = closedCircuit;

  constructor(deps: EndpointScoring) {
    this.#deps = deps;
  }

  /** @throws InvalidFeatureValue */
  async score(model: ScoringModel, values: readonly FeatureValue[]): Promise<Scored> {
    const row = model.row(values);
    if (row === null) return { ...model.score(values), scoredBy: 'process' };
    const margin = await this.#margin(model.version, row);
    if (margin !== null)
      return { margin, probability: model.calibrated(margin), scoredBy: 'endpoint' };
    this.#deps.fellBack();
    return { ...model.score(values), scoredBy: 'fallback' };
  }

  /** Null where the endpoint was not asked or did not answer. */
  async #margin(version: string, row: Float32Array): Promise<number | null> {
    const { endpoint, clock, rules, deadline, report } = this.#deps;
    const { permitted, circuit } = permit(this.#circuit, clock.now(), rules);
    this.#circuit = circuit;
    if (!permitted) return null;
    try {
      const [probability] = await withinDeadline(deadline(), (signal) =>
        endpoint.predict(version, [row], signal),
      );
      const margin = marginOf(probability as number);
      this.#circuit = succeeded(this.#circuit);
      return margin;
    } catch (error) {
      this.#circuit = failed(this.#circuit, clock.now(), rules);
      report('EndpointFailed', error as Error);
      return null;
    }
  }
}

/** `binary:logistic` answers probabilities: the margin before any calibration is their log-odds. */
function marginOf(probability: number): number {
  if (!(probability >= 0 && probability <= 1))
    throw new MalformedPrediction(
      `the endpoint answered ${probability}, which is no probability: does it host a binary:logistic model?`,
    );
  return logit(Math.min(Math.max(probability, SMALLEST), LARGEST));
}
