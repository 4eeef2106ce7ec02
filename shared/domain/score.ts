import { InvalidRequest } from '../errors.ts';
import { compileVector, type FeatureVector } from '../features/vector.ts';
import type { Clock, DeliveryStream, OnlineStore } from '../ports.ts';
import type { DecisionPolicy } from '../schemas/decision-policy.ts';
import type { Routing } from '../schemas/routing.ts';
import {
  type Action,
  type Decision,
  type FeatureValue,
  type Reason,
  type ScoreRequest,
  type ScoreResponse,
  scoreRequest,
} from '../schemas/score.ts';
import { contextEvents } from './context-events.ts';
import { type Deadline, withinDeadline } from './deadline.ts';
import { decide } from './decide.ts';
import { decisionId } from './decision-id.ts';
import type { EndpointBackend, Scored } from './endpoint-backend.ts';
import { hasCartRule } from './has-cart-rule.ts';
import { type PseudonymKeyRing, pseudonymise } from './identity.ts';
import type { ModelPool } from './model-pool.ts';
import { parseJson } from './parse-json.ts';
import { openModel, type ScoringModel } from './registered-model.ts';
import { type Assignment, assign, parseRouting, routingKey } from './routing.ts';
import { type Facts, readFacts, type Subject } from './score-facts.ts';

const MODEL = 'propensity';
/** How old the routing may get before the next batch read fetches it again. */
const ROUTING_MAX_AGE_MS = 2_000;
const MAX_REASONS = 10;

type ScoreFailure = 'ScoreDegraded' | 'DecisionNotLogged' | 'ScorerNotPrepared';

export interface Scoring {
  readonly clock: Clock;
  readonly store: OnlineStore;
  readonly models: ModelPool;
  /** Absent: this process evaluates every model. */
  readonly endpoint?: EndpointBackend | undefined;
  /** Feature name → digest of the definition computed here. */
  readonly definitions: ReadonlyMap<string, string>;
  readonly decisions: DeliveryStream;
  readonly keyRing: PseudonymKeyRing;
  readonly policy: DecisionPolicy;
  readonly timeZone: string;
  /** Starts the time in which an answer is due. */
  readonly deadline: () => Deadline;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Told of what degraded an answer or lost a log line; the caller of the API is not. */
  readonly report: (failure: ScoreFailure, error: Error) => void;
}

interface Estimate {
  readonly variant: Assignment['variant'];
  readonly modelVersion: string;
  readonly features: Readonly<Record<string, FeatureValue>>;
  /** Log-odds before calibration; null for the prior. */
  readonly margin: number | null;
  readonly scoredBy: Decision['scored_by'];
  readonly propensity: number;
  readonly reasons: readonly Reason[] | null;
  readonly action: Action;
}

/** The cart state that the policy asks for, whatever features the model has. */
const cartVector: FeatureVector = compileVector(['cart_product_count']);

/** Answers propensities: reads, evaluates, decides, logs. Keeps routing and models between calls. */
export class Scorer {
  readonly #deps: Scoring;
  readonly #rule: ScoringModel;
  readonly #vectors = new WeakMap<ScoringModel, FeatureVector>();
  #routing: Routing | null = null;
  #routingReadAt = Number.NEGATIVE_INFINITY;
  /** Answered when nothing can be scored: of the model that scored last. */
  #prior: Pick<ScoringModel, 'version' | 'prior'>;

  constructor(deps: Scoring) {
    this.#deps = deps;
    this.#rule = openModel(hasCartRule(), deps.definitions);
    this.#prior = this.#rule;
  }

  /**
   * @param body the request's JSON text
   * @throws InvalidRequest for what the caller can put right. Whatever else fails, the answer is
   *   the prior with `degraded: true`.
   */
  async score(body: string): Promise<ScoreResponse> {
    const { clock, keyRing, randomBytes, report } = this.#deps;
    const request = parseRequest(body);
    const now = clock.now();
    const id = decisionId(now, randomBytes(16));
    const subject = subjectOf(request, { now, requestId: id, keyRing });
    let facts = null as Facts | null;
    let estimate: Estimate;
    let degradedBecause: string | null = null;
    try {
      estimate = await withinDeadline(this.#deps.deadline(), async (signal) => {
        const alsoRead = this.#routingDue(now) ? [routingKey(MODEL)] : [];
        const known = await readFacts(this.#deps.store, subject, alsoRead, now, signal);
        facts = known;
        this.#takeRouting(known.items, now);
        return this.#estimate(known, subject, request.reasons, now);
      });
    } catch (error) {
      degradedBecause = (error as Error).name;
      report('ScoreDegraded', error as Error);
      estimate = this.#priorEstimate();
    }
    const decision: Decision = {
      decision_id: id,
      decided_at: new Date(now).toISOString(),
      visitor: facts?.visitor ?? subject.visitor ?? (subject.user as string),
      user_id: facts?.user ?? subject.user,
      session: facts?.session ?? null,
      product_id: subject.product,
      model: MODEL,
      model_version: estimate.modelVersion,
      variant: estimate.variant,
      unit: facts === null ? unitOf(subject) : unitOf(facts),
      features: estimate.features,
      features_as_of: facts?.asOf ?? null,
      context_event_ids: subject.recent.map(({ event_id }) => event_id),
      margin: estimate.margin,
      scored_by: estimate.scoredBy,
      propensity: estimate.propensity,
      policy: this.#deps.policy.name,
      action: estimate.action,
      degraded: degradedBecause !== null,
      degraded_because: degradedBecause,
      is_bot: facts?.isBot ?? false,
      clv_tier: facts?.tier ?? 'unknown',
    };
    await this.#log(decision);
    return {
      decision_id: id,
      propensity: decision.propensity,
      model_version: decision.model_version,
      variant: decision.variant,
      action: decision.action,
      ...(estimate.reasons === null ? {} : { reasons: [...estimate.reasons] }),
      degraded: decision.degraded,
      features_as_of: decision.features_as_of,
    };
  }

  /**
   * Reads the routing and opens what serves, so that the first score of a cold start need not do
   * it within its deadline. What fails here is met again, and answered for, by that score.
   */
  async prepare(): Promise<void> {
    const now = this.#deps.clock.now();
    try {
      this.#takeRouting(await this.#deps.store.read([routingKey(MODEL)]), now);
      const { champion = null, challenger = null } = this.#routing ?? {};
      for (const version of [champion, challenger]) {
        if (version !== null) await this.#deps.models.open(MODEL, version);
      }
    } catch (error) {
      this.#deps.report('ScorerNotPrepared', error as Error);
    }
  }

  #routingDue(now: number): boolean {
    return now - this.#routingReadAt >= ROUTING_MAX_AGE_MS || now < this.#routingReadAt;
  }

  #takeRouting(items: Facts['items'], now: number): void {
    if (!this.#routingDue(now)) return;
    const item = items.get(routingKey(MODEL));
    this.#routing = item === undefined ? null : parseRouting(item.state);
    this.#routingReadAt = now;
  }

  async #estimate(
    facts: Facts,
    { product }: Subject,
    withReasons: boolean | undefined,
    now: number,
  ): Promise<Estimate> {
    const { endpoint, policy, timeZone } = this.#deps;
    const unit = unitOf(facts);
    const { variant, model } = await this.#modelFor(unit);
    const query = { at: now, product_id: product, timeZone };
    const values = this.#vectorOf(model)(facts.entities, query);
    const { margin, probability, scoredBy }: Scored =
      endpoint === undefined
        ? { ...model.score(values), scoredBy: 'process' }
        : await endpoint.score(model, values);
    this.#prior = model;
    const [cartProducts] = cartVector(facts.entities, query);
    return {
      variant,
      modelVersion: model.version,
      features: Object.fromEntries(
        model.features.map((name, index) => [name, values[index] ?? null]),
      ),
      margin,
      scoredBy,
      propensity: probability,
      reasons: withReasons ? model.explain(values).reasons.slice(0, MAX_REASONS) : null,
      action: facts.isBot
        ? { type: 'none' }
        : decide(policy, {
            propensity: probability,
            tier: facts.tier,
            cartFilled: Number(cartProducts) > 0,
            unit,
            day: new Date(now).toISOString().slice(0, 10),
          }),
    };
  }

  /** The declared rule serves as long as no routing names a version. */
  async #modelFor(unit: string) {
    if (this.#routing === null) return { variant: 'champion', model: this.#rule } as const;
    const { variant, version } = assign(this.#routing, unit);
    return { variant, model: await this.#deps.models.open(MODEL, version) };
  }

  #vectorOf(model: ScoringModel): FeatureVector {
    let vector = this.#vectors.get(model);
    if (vector === undefined) {
      vector = compileVector(model.features);
      this.#vectors.set(model, vector);
    }
    return vector;
  }

  #priorEstimate(): Estimate {
    return {
      variant: 'champion',
      modelVersion: this.#prior.version,
      features: {},
      margin: null,
      scoredBy: null,
      propensity: this.#prior.prior,
      reasons: null,
      action: { type: 'none' },
    };
  }

  /** A score that cannot be logged is still answered; the loss is reported with its decision id. */
  async #log(decision: Decision): Promise<void> {
    try {
      const [failure] = await withinDeadline(this.#deps.deadline(), (signal) =>
        this.#deps.decisions.putRecordBatch([JSON.stringify(decision)], signal),
      );
      if (failure != null) throw new Error(`decision ${decision.decision_id}: ${failure}`);
    } catch (error) {
      this.#deps.report('DecisionNotLogged', error as Error);
    }
  }
}

function parseRequest(body: string): ScoreRequest {
  const parsed = scoreRequest.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || undefined;
  throw new InvalidRequest(`${field ?? 'the request'}: ${issue?.message ?? 'is invalid'}`, field);
}

function subjectOf(
  request: ScoreRequest,
  receipt: { readonly now: number; readonly requestId: string; readonly keyRing: PseudonymKeyRing },
): Subject {
  const { anonymous_id, user_id, session_id, product_id } = request;
  return {
    user: user_id === undefined ? null : pseudonymise(receipt.keyRing, user_id),
    visitor: anonymous_id ?? null,
    clientSession: session_id ?? null,
    product: product_id ?? null,
    recent: contextEvents(request, receipt),
  };
}

/** The unit of variants and budgets: a known shopper is the same on every device. */
function unitOf({ user, visitor }: Pick<Subject, 'user' | 'visitor'>): string {
  return user ?? (visitor as string);
}
