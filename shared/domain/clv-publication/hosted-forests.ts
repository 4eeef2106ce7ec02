import { InvalidPublication } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import { writeXgboostContainer } from '../../trees/write-xgboost-container.ts';
import { writeXgboostUbjson } from '../../trees/write-xgboost-ubjson.ts';
import { openClvPopulation } from '../clv-candidates.ts';
import { type ClvModel, snapshotFor } from '../clv-model.ts';
import type { ClvTreeValues } from '../clv-tree-values.ts';
import { decimalText } from '../sagemaker/decimal-text.ts';
import { jobName } from '../sagemaker/job-name.ts';
import { artifactKey, featuresKey, predictionsKey } from './publication-keys.ts';
import { midnightOf, modelBook } from './score-part.ts';
import type { ScoringPlan } from './scoring-plan.ts';

const FORESTS = ['buy', 'amount', 'tweedie', 'correction'] as const;

/** A forest as the machine has SageMaker host and evaluate it. */
export interface HostedForest {
  /** Of the model at SageMaker: the same version is hosted once. */
  readonly name: string;
  readonly artifact: string;
  readonly input: string;
  readonly output: string;
}

/**
 * Packs the forests of the model for the built-in XGBoost container.
 * @returns one each; none of a model without trees
 */
export async function packForests(
  { run_id, model_version }: ScoringPlan,
  { population: { trees } }: ClvModel,
  bucket: string,
  lake: ObjectStore,
): Promise<readonly HostedForest[]> {
  if (trees === null) return [];
  return Promise.all(
    FORESTS.map(async (forest) => {
      const artifact = artifactKey(model_version, forest);
      await lake.put(artifact, writeXgboostContainer(writeXgboostUbjson(trees[forest])));
      return {
        name: jobName(['clv', model_version, forest]),
        artifact: `s3://${bucket}/${artifact}`,
        input: `s3://${bucket}/${featuresFolder(run_id)}`,
        output: `s3://${bucket}/${predictionsKey(run_id, forest, null)}`,
      };
    }),
  );
}

function featuresFolder(run: string): string {
  return featuresKey(run, 0).replace(/[^/]*$/, '');
}

/** Writes the rows of a part: the number of the customer in the part's order, then the features. */
export async function writeFeatures(
  plan: ScoringPlan,
  part: number,
  model: ClvModel,
  lake: ObjectStore,
): Promise<void> {
  const at = midnightOf(plan.as_of);
  const { columns, customers } = snapshotFor(model, await modelBook(plan, part, model, lake), at);
  if (customers.length === 0) return; // the container refuses an empty file
  const lines = customers.map((_, row) => {
    const cells = columns.map((column) => {
      const value = column[row] as number;
      return Number.isNaN(value) ? '' : decimalText(value);
    });
    return `${row},${cells.join(',')}\n`;
  });
  await lake.put(featuresKey(plan.run_id, part), new TextEncoder().encode(lines.join('')));
}

/**
 * The model with its forests' answers for a part read instead of computed.
 * @throws InvalidPublication where an answer is missing or is no number
 */
export async function withPredictions(
  plan: ScoringPlan,
  part: number,
  model: ClvModel,
  lake: ObjectStore,
): Promise<ClvModel> {
  const read = (forest: (typeof FORESTS)[number]) =>
    predictionsOf(predictionsKey(plan.run_id, forest, part), lake);
  const [buy, amount, tweedie, correction] = await Promise.all(FORESTS.map(read));
  const of = (predictions: ReadonlyMap<number, number> | undefined, row: number) => {
    const value = predictions?.get(row);
    if (value === undefined)
      throw new InvalidPublication(`${plan.run_id}, part ${part}: row ${row} was not transformed`);
    return value;
  };
  const valuesOf = openClvPopulation(model.population, ({ mean, least, smearing }) => {
    return ({ customers, short }): ClvTreeValues => {
      const values = (value: (row: number) => number) =>
        Float64Array.from(customers, (_, row) => value(row));
      const buys = values((row) => of(buy, row));
      return {
        buys,
        twoStage: buys.map((share, row) => share * Math.exp(of(amount, row)) * smearing),
        tweedie: values((row) => of(tweedie, row) * mean),
        correction: values((row) => of(correction, row) * Math.max(least, short[row]?.value ?? 0)),
      };
    };
  });
  return { ...model, valuesOf };
}

/** Row → prediction; none where the part has no customers. */
async function predictionsOf(key: string, lake: ObjectStore): Promise<ReadonlyMap<number, number>> {
  const bytes = await lake.get(key);
  const lines = bytes === null ? [] : new TextDecoder().decode(bytes).split('\n');
  const predictions = new Map<number, number>();
  for (const line of lines) {
    if (line === '') continue;
    const [row, prediction] = line.split(',').map(Number);
    if (!Number.isInteger(row) || !Number.isFinite(prediction))
      throw new InvalidPublication(`${key}: ${JSON.stringify(line)} is no row and its prediction`);
    predictions.set(row as number, prediction as number);
  }
  return predictions;
}
