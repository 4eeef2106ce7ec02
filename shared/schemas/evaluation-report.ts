import * as z from 'zod';
import { gate, interval } from './model.ts';

/** Log loss by number of trees. */
const learningCurve = z.array(
  z.strictObject({ trees: z.number().int(), fitted: z.number(), later: z.number() }),
);

/** How a model was measured: `evaluation.json` of its folder. */
const evaluationReport = z.strictObject({
  name: z.string(),
  kind: z.string(),
  evaluated_on: z.strictObject({
    rows: z.number().int(),
    sessions: z.number().int(),
    buying_sessions: z.number().int(),
    users: z.number().int(),
    /** SHA-256 of the rows' times, labels and users: equal where two models saw the same rows. */
    digest: z.string(),
    /** Of the bootstrap: reports of the same rows and seed have paired draws. */
    seed: z.number().int(),
  }),
  /** By model, then by metric. */
  metrics: z.record(z.string(), z.record(z.string(), interval)),
  /** The model's own metrics in the draws of the bootstrap; null where undefined. */
  draws: z.record(z.string(), z.array(z.number().nullable())),
  slices: z.array(
    z.strictObject({
      name: z.string(),
      dimension: z.string().nullable(),
      sessions: z.number().int(),
      buying_sessions: z.number().int(),
    }),
  ),
  gates: z.array(gate),
  confident_from: z.number().nullable(),
  /** By model: [false positive rate, true positive rate] from (0, 0) to (1, 1). */
  roc: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]))),
  /** Of the model, by tenth of the score: empty tenths are left out. */
  calibration: z.array(
    z.strictObject({ mean_score: z.number(), share_buying: z.number(), rows: z.number().int() }),
  ),
  /** Mean of |contribution| in log-odds over later rows, the largest first. */
  shap: z.array(z.strictObject({ feature: z.string(), mean: z.number() })),
  learning_curve: learningCurve,
  /** Of a search for parameters: every trial, in the order drawn. */
  trials: z
    .array(
      z.strictObject({
        trial: z.number().int(),
        parameters: z.record(z.string(), z.number()),
        /** Mean over its cut-offs; null where it failed. */
        loss: z.number().nullable(),
        failure: z.string().nullable(),
        /** The first one measures every trial, later ones the best. */
        cut_offs: z.array(
          z.strictObject({
            loss: z.number(),
            trees: z.number().int(),
            learning_curve: learningCurve,
          }),
        ),
      }),
    )
    .optional(),
});
/** What of a report, whatever the model, pairs it with another. */
export const pairedReport = z.object({
  /** Null where nothing could be measured. */
  evaluated_on: z.object({ digest: z.string(), seed: z.number().int() }).nullable(),
  draws: z.record(z.string(), z.array(z.number().nullable())).nullable(),
});
export type PairedReport = z.infer<typeof pairedReport>;

export type EvaluationReport = z.infer<typeof evaluationReport>;
