import * as z from 'zod';

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** Maps the model's margin (log-odds) to a probability. */
const calibration = z.discriminatedUnion('kind', [
  /** The logistic function of the margin, unchanged. */
  z.strictObject({ kind: z.literal('logistic') }),
  /** Platt: 1 / (1 + exp(a * margin + b)). */
  z.strictObject({ kind: z.literal('platt'), a: z.number(), b: z.number() }),
  /** It answers no probability of a session: a model of customers' values. */
  z.strictObject({ kind: z.literal('none') }),
]);
export type Calibration = z.infer<typeof calibration>;

/** A declared rule: the first condition that holds gives the probability. */
const ruleModel = z.strictObject({
  kind: z.literal('rule'),
  rules: z.array(
    z.strictObject({
      feature: z.string(),
      at_least: z.number(),
      probability: z.number().gt(0).lt(1),
    }),
  ),
  otherwise: z.number().gt(0).lt(1),
});

/**
 * Logistic regression over terms, one a feature: an additive model. A numeric feature adds the
 * piecewise linear function through (knots[i], weights[i]), constant beyond the outer knots; a
 * categorical one the weight of its category. A missing value, and a category not listed, adds
 * `missing_weight`. Terms are centred: each has mean 0 over the training rows, so a contribution
 * says how far a value moves the score from an average one.
 */
const logisticModel = z.strictObject({
  kind: z.literal('logistic'),
  intercept: z.number(),
  terms: z.array(
    z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('piecewise'),
        feature: z.string(),
        /** Strictly ascending. */
        knots: z.array(z.number()).min(1),
        /** Log-odds at each knot. */
        weights: z.array(z.number()).min(1),
        missing_weight: z.number(),
      }),
      z.strictObject({
        type: z.literal('categorical'),
        feature: z.string(),
        weights: z.record(z.string(), z.number()),
        missing_weight: z.number(),
      }),
    ]),
  ),
});

/** A model that is a document: its contributions simply add up. */
export const additiveModel = z.discriminatedUnion('kind', [ruleModel, logisticModel]);
export type AdditiveModel = z.infer<typeof additiveModel>;
export type RuleModel = z.infer<typeof ruleModel>;
export type LogisticModel = z.infer<typeof logisticModel>;

export const interval = z.strictObject({
  value: z.number().nullable(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
});
export type MetricInterval = z.infer<typeof interval>;

/** What a model must do before it may serve, and whether it did. */
export const gate = z.strictObject({
  /** E.g. `auc-over-champion`, `slice-drop:device_type`. */
  name: z.string(),
  verdict: z.enum(['pass', 'fail', 'not-enough-data']),
  /** True: only a pass lets the model become a candidate. False: only a failure keeps it out. */
  required: z.boolean(),
  /** In words. */
  rule: z.string(),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  /** 95 % interval of the value. */
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  /** What else decided. */
  detail: z.string().optional(),
});
export type Gate = z.infer<typeof gate>;

/** Where a version comes from: with the training's data and parameters, all that repeats it. */
const lineage = z.strictObject({
  /** Events were learned from that were received from here on, and before there; null: from the first. */
  from: z.string().nullable(),
  to: z.string(),
  /** The version that served and that this one was compared with; null: the has-cart rule. */
  champion: z.string().nullable(),
});
export type Lineage = z.infer<typeof lineage>;

/** Of batch features, joined as visible at each row's time; null: there were none. */
export const snapshotRecord = z
  .strictObject({
    first: z.string(),
    last: z.string(),
    files: z.number().int(),
    /** Of the names and SHA-256 of all their rows. */
    digest: hex64,
  })
  .nullable();
export type SnapshotRecord = z.infer<typeof snapshotRecord>;

/** Everything about a registered version but its parameters. No wall clock: same inputs, same bytes. */
export const manifest = z.strictObject({
  name: z.string().min(1).max(64),
  /** Run date + 12 hex digits of the content's SHA-256, e.g. `2026-11-21-0f3a…`. */
  version: z.string().min(1).max(128),
  /**
   * Of `trees`, `model.json` is XGBoost's JSON, and `forest.bin` its compact form; of `clv` it is the
   * document of `shared/schemas/clv-model.ts`.
   */
  kind: z.enum(['rule', 'logistic', 'trees', 'clv']),
  /** In the order of the vector (of `trees`: the columns), each with its definition's digest. */
  features: z.array(
    z.strictObject({
      name: z.string(),
      definition: z.string(),
      type: z.enum(['number', 'category']),
      /** Of a category under `trees`: each category's number is its place; others are missing. */
      categories: z.array(z.string()).optional(),
    }),
  ),
  calibration,
  /**
   * Propensity answered when nothing can be scored: the base rate of the training data. Of `clv` the
   * share of customers who buy in the days that labels cover.
   */
  prior: z.number().min(0).max(1),
  training: z.strictObject({
    /** First and last event time, null for a declared model. */
    from: z.string().nullable(),
    to: z.string().nullable(),
    rows: z.number().int(),
    sessions: z.number().int(),
    /** Of a model that learns from customers instead of sessions. */
    customers: z.number().int().optional(),
    data_digests: z.array(hex64),
    code_version: z.string(),
    parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    /** How the rows were made: the same query over the same lake makes them again. */
    replay: z
      .strictObject({
        query: z.string(),
        events: z.number().int(),
        snapshots: snapshotRecord,
      })
      .optional(),
  }),
  /** Named metric → value with its 95 % interval, on time-later rows; empty for a declared model. */
  metrics: z.record(z.string(), interval),
  gates: z.array(gate),
  /** The least score from which precision is proven to be 75 %, for the policy; null: none is. */
  confident_from: z.number().nullable().optional(),
  lineage: lineage.optional(),
  /** Per feature: quantile edges and shares of the training rows, for drift checks. */
  baseline: z.record(
    z.string(),
    z.strictObject({
      edges: z.array(z.number()),
      shares: z.array(z.number()),
      missing: z.number(),
    }),
  ),
  /** SHA-256 of the other files of the folder. */
  files: z.strictObject({
    'model.json': hex64,
    'card.md': hex64,
    'forest.bin': hex64.optional(),
    'evaluation.json': hex64.optional(),
    'evaluation.html': hex64.optional(),
  }),
});
export type Manifest = z.infer<typeof manifest>;
