import { applyToUser, emptyUser, type UserState } from '../features/user.ts';
import { compileVector, currentSession, type FeatureVector } from '../features/vector.ts';
import {
  applyToVisitor,
  emptyVisitor,
  isForgotten,
  sessionId,
  type VisitorState,
} from '../features/visitor.ts';
import type { EnrichedEvent } from '../schemas/event.ts';
import type { Decision, FeatureValue } from '../schemas/score.ts';
import type { BatchFeatures } from './batch-features.ts';

/** What a decision in the lake says of the vector that it was made from. */
export type LoggedScore = Pick<
  Decision,
  | 'decision_id'
  | 'decided_at'
  | 'visitor'
  | 'user_id'
  | 'session'
  | 'product_id'
  | 'features'
  | 'features_as_of'
  | 'context_event_ids'
  | 'degraded'
>;

export interface Mismatch {
  readonly decision_id: string;
  readonly feature: string;
  readonly logged: FeatureValue;
  readonly rebuilt: FeatureValue;
}

export interface ScoreParityReport {
  readonly scores: number;
  readonly compared_scores: number;
  readonly compared_values: number;
  readonly mismatches: number;
  /** The first ones. */
  readonly examples: readonly Mismatch[];
  /** Scores that cannot be rebuilt, by why. */
  readonly excluded: {
    /** Made from nothing: nothing was logged. */
    readonly degraded: number;
    /** The request brought events of its own. */
    readonly with_context_events: number;
    /** The stream had not yet brought an event that the lake has, or the shop named another session. */
    readonly other_events: number;
  };
}

const MOST_EXAMPLES = 10;

/**
 * Compares the features logged with scores with those rebuilt from the events of the lake by the
 * fold that makes training rows. Events and scores come in the order of their times.
 */
export class ScoreParity {
  readonly #timeZone: string;
  readonly #batch: BatchFeatures | null;
  readonly #visitors = new Map<string, VisitorState>();
  readonly #users = new Map<string, UserState>();
  readonly #vectors = new Map<string, FeatureVector>();
  readonly #examples: Mismatch[] = [];
  readonly #excluded = { degraded: 0, with_context_events: 0, other_events: 0 };
  #scores = 0;
  #comparedScores = 0;
  #comparedValues = 0;
  #mismatches = 0;

  /** @param batch null: batch features were missing */
  constructor(timeZone: string, batch: BatchFeatures | null) {
    this.#timeZone = timeZone;
    this.#batch = batch;
  }

  /** The next event, in order_key order. */
  addEvent(event: EnrichedEvent): void {
    const visitor = stateOf(this.#visitors, event.visitor, emptyVisitor);
    const { contribution } = applyToVisitor(visitor, event, null);
    if (contribution !== null)
      applyToUser(stateOf(this.#users, contribution.user, emptyUser), contribution);
  }

  /** A score made after the events added so far. */
  addScore(score: LoggedScore): void {
    this.#scores++;
    if (score.degraded) this.#excluded.degraded++;
    else if (score.context_event_ids.length > 0) this.#excluded.with_context_events++;
    else this.#compare(score);
  }

  #compare(score: LoggedScore): void {
    const at = Date.parse(score.decided_at);
    const known = this.#visitors.get(score.visitor);
    const visitor = known === undefined || isForgotten(known, at) ? null : known;
    const session = currentSession(visitor, at);
    const asOf = session === null ? null : new Date(session.newest).toISOString();
    const sessionName = session === null ? null : sessionId(score.visitor, visitor as VisitorState);
    if (asOf !== score.features_as_of || sessionName !== score.session) {
      this.#excluded.other_events++;
      return;
    }
    const { user_id, product_id } = score;
    const user = user_id === null ? null : (this.#users.get(user_id) ?? null);
    if (user !== null && user_id !== null)
      user.batch = this.#batch?.at('user', user_id, at) ?? null;
    const product =
      product_id === null ? null : (this.#batch?.at('product', product_id, at) ?? null);
    const names = Object.keys(score.features);
    const values = this.#vectorOf(names)(
      { visitor, user, product },
      { at, product_id, timeZone: this.#timeZone },
    );
    this.#comparedScores++;
    for (const [index, feature] of names.entries()) {
      this.#comparedValues++;
      const logged = score.features[feature] ?? null;
      const rebuilt = values[index] ?? null;
      if (logged === rebuilt) continue;
      this.#mismatches++;
      if (this.#examples.length < MOST_EXAMPLES)
        this.#examples.push({ decision_id: score.decision_id, feature, logged, rebuilt });
    }
  }

  /** @throws InvalidFeatureDefinition where a score was made from features unknown here */
  #vectorOf(names: readonly string[]): FeatureVector {
    return stateOf(this.#vectors, names.join(), () => compileVector(names));
  }

  report(): ScoreParityReport {
    return {
      scores: this.#scores,
      compared_scores: this.#comparedScores,
      compared_values: this.#comparedValues,
      mismatches: this.#mismatches,
      examples: [...this.#examples],
      excluded: { ...this.#excluded },
    };
  }
}

function stateOf<Key, State>(states: Map<Key, State>, key: Key, empty: () => State): State {
  let state = states.get(key);
  if (state === undefined) {
    state = empty();
    states.set(key, state);
  }
  return state;
}
