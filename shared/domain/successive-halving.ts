import { EveryTrialFailed } from '../errors.ts';

/** What a trial scored on one part of the data; the rest is recorded as it is. */
export interface Measurement {
  /** What the search makes small. */
  readonly loss: number;
}

/** A set of parameters, and all that was measured of it. */
export interface Trial<Parameters, Measured extends Measurement> {
  /** From 1, in the order drawn. */
  readonly trial: number;
  readonly parameters: Parameters;
  /** By part, from part 0: trials dropped early have fewer. */
  readonly measured: readonly Measured[];
  /** Mean over its parts; null where it failed. */
  readonly loss: number | null;
  /** Why it failed, if it did. */
  readonly failure: string | null;
}

export interface Search<Parameters, Measured extends Measurement> {
  readonly best: Trial<Parameters, Measured>;
  /** Every trial, in the order drawn. */
  readonly trials: readonly Trial<Parameters, Measured>[];
}

/** A number of trials, or a time: `used` says what share of it has passed, 1 for all. */
export type SearchBudget = { readonly trials: number } | { readonly used: () => number };

/** Of the trials of a round, one in so many goes on to the next. */
const KEPT_ONE_IN = 3;
/** With a time budget, drawing ends at this share of it: later rounds cost about two thirds as much. */
const SHARE_TO_DRAW = 0.55;

interface Running<Parameters, Measured extends Measurement> {
  readonly trial: number;
  readonly parameters: Parameters;
  readonly measured: Measured[];
  cause: unknown;
}

/**
 * Searches by successive halving: all trials are measured on the first part of the data, the best
 * third also on the second, the best of those on twice as many, and so on until all parts are used;
 * no measurement is made twice. Trials of a round have the same parts, so they compare like with
 * like. The best is that of the least mean loss among those measured on the most parts.
 *
 * One trial runs at a time, in the order drawn: with a budget of trials the search depends on
 * nothing but `candidates` and `measure`. With a time budget the speed of the machine decides how
 * many trials there are, not what any of them says; the first one is measured whatever it takes.
 *
 * Source: Jamieson & Talwalkar (2016), "Non-stochastic best arm identification and hyperparameter
 * optimization"; the resource is the number of cross-validation parts.
 * @param parts how many parts a trial can be measured on, from 1
 * @param measure what a trial loses on one part; what it throws fails that trial alone
 * @throws EveryTrialFailed
 */
export async function successiveHalving<Parameters, Measured extends Measurement>(
  candidates: Iterator<Parameters>,
  parts: number,
  budget: SearchBudget,
  measure: (parameters: Parameters, part: number) => Promise<Measured>,
  onTrial: (trial: Trial<Parameters, Measured>) => void = () => {},
): Promise<Search<Parameters, Measured>> {
  const used = 'used' in budget ? budget.used : () => 0;
  const wanted = 'trials' in budget ? budget.trials : Number.POSITIVE_INFINITY;

  async function measureUpTo(running: Running<Parameters, Measured>, end: number): Promise<void> {
    try {
      for (let part = running.measured.length; part < end; part++)
        running.measured.push(await measure(running.parameters, part));
    } catch (error) {
      running.cause = error;
    }
    onTrial(trialOf(running));
  }

  const all: Running<Parameters, Measured>[] = [];
  while (all.length < wanted && (all.length === 0 || used() < SHARE_TO_DRAW)) {
    const drawn = candidates.next();
    if (drawn.done) break;
    const running = { trial: all.length + 1, parameters: drawn.value, measured: [], cause: null };
    all.push(running);
    await measureUpTo(running, 1);
  }
  let kept = ranked(all);
  for (let end = Math.min(2, parts); ; end = Math.min(2 * end, parts)) {
    if (kept.length > 1) kept = kept.slice(0, Math.ceil(kept.length / KEPT_ONE_IN));
    // Alone there is nothing to compare with, and out of time no round could be finished.
    if (kept.length <= 1 || used() >= 1) break;
    for (const running of kept) if (used() < 1) await measureUpTo(running, end);
    kept = ranked(kept);
    if (end === parts) break;
  }
  const [best] = ranked(all);
  if (best === undefined) {
    const cause = all[0]?.cause;
    throw new EveryTrialFailed(
      `every one of ${all.length} trials failed, the first: ${(cause as Error).message}`,
      { cause },
    );
  }
  return { best: trialOf(best), trials: all.map(trialOf) };
}

/** Those that did not fail: most parts first, then least loss, then the one drawn first. */
function ranked<Parameters, Measured extends Measurement>(
  all: readonly Running<Parameters, Measured>[],
): Running<Parameters, Measured>[] {
  return all
    .filter(({ cause }) => cause === null)
    .sort(
      (a, b) =>
        b.measured.length - a.measured.length ||
        meanLoss(a.measured) - meanLoss(b.measured) ||
        a.trial - b.trial,
    );
}

function trialOf<Parameters, Measured extends Measurement>({
  trial,
  parameters,
  measured,
  cause,
}: Running<Parameters, Measured>): Trial<Parameters, Measured> {
  return {
    trial,
    parameters,
    measured: [...measured],
    loss: cause === null ? meanLoss(measured) : null,
    failure: cause === null ? null : (cause as Error).message,
  };
}

function meanLoss(measured: readonly Measurement[]): number {
  return measured.reduce((sum, { loss }) => sum + loss, 0) / measured.length;
}
