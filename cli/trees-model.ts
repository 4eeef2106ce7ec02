import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import type { NumberColumn } from '../local/read-table.ts';
import { UnreadableInput, UnusableModel } from '../shared/errors.ts';
import type { Forest } from '../shared/trees/forest.ts';
import { readForest } from '../shared/trees/read-forest.ts';

/** What every command says of its model argument. */
export const MODEL_ARGUMENT =
  'model file: XGBoost JSON, UBJSON or model.tar.gz, LightGBM text, or the compact form';

/** @throws UnreadableInput, UnusableModel naming the file */
export function readModelFile(path: string): Forest {
  const bytes = fileBytes(path);
  try {
    return readForest(bytes);
  } catch (error) {
    if (!(error instanceof UnusableModel)) throw error;
    throw new UnusableModel(`${path}: ${error.message}`, { cause: error });
  }
}

function fileBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UnreadableInput(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** The names that columns go by; f0, f1, … where the model has none. */
export function featureNamesOf(forest: Forest): readonly string[] {
  const { featureCount, featureNames } = forest;
  return featureNames ?? Array.from({ length: featureCount }, (_, column) => `f${column}`);
}

/** By column, the texts that stand for the category numbers 0, 1, … */
export type Categories = Readonly<Record<string, readonly string[]>>;

const categoriesSchema = z.record(z.string(), z.array(z.string()));

/** Where `trees train` writes the categories of a model's text columns. */
export const categoriesPath = (model: string) => `${model}.categories.json`;

/**
 * @param given a path, or undefined for the file beside the model, if there is one
 * @throws UnreadableInput
 */
export function readCategories(model: string, given: string | undefined): Categories {
  const path = given ?? categoriesPath(model);
  if (given === undefined && !existsSync(path)) return {};
  try {
    return categoriesSchema.parse(JSON.parse(Buffer.from(fileBytes(path)).toString()));
  } catch (error) {
    if (error instanceof UnreadableInput) throw error;
    throw new UnreadableInput(
      `${path} holds no categories: {"column": ["text of 0", "text of 1", …]} is expected`,
      { cause: error },
    );
  }
}

/** The columns of a file that a model reads, in its order. */
export function modelColumns(forest: Forest, categories: Categories): readonly NumberColumn[] {
  return featureNamesOf(forest).map((name) => columnOf(name, categories));
}

export function columnOf(name: string, categories: Categories): NumberColumn {
  const known = categories[name];
  return known === undefined ? { name } : { name, categories: known };
}

/** Comma-separated names. */
export function namesOf(list: string | undefined): readonly string[] {
  return list === undefined ? [] : list.split(',').map((name) => name.trim());
}
