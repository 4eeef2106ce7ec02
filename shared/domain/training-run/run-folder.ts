import type * as z from 'zod';
import { RunIncomplete } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import { type TrainingRun, trainingRun } from '../../schemas/training-run.ts';
import { parseDocument } from '../model-folder.ts';

/**
 * What the steps of a run hand on, under its id in the lake. A step puts its documents last, so
 * that one which is there means that all of the step is.
 */
export class RunFolder {
  readonly #lake: ObjectStore;
  readonly #prefix: string;

  constructor(lake: ObjectStore, runId: string) {
    this.#lake = lake;
    this.#prefix = `gold/training/run=${runId}/`;
  }

  key(file: string): string {
    return `${this.#prefix}${file}`;
  }

  bytes(file: string): Promise<Uint8Array | null> {
    return this.#lake.get(this.key(file));
  }

  /** @throws RunIncomplete where an earlier step has not left it */
  async required(file: string): Promise<Uint8Array> {
    const bytes = await this.bytes(file);
    if (bytes !== null) return bytes;
    throw new RunIncomplete(
      `${this.key(file)} is not there: start the run from its beginning, with another cause if it was cleared away`,
    );
  }

  async put(file: string, bytes: Uint8Array): Promise<void> {
    await this.#lake.put(this.key(file), bytes);
  }

  /** @throws UnusableModel for a document of another shape */
  async document<Schema extends z.ZodType>(
    file: string,
    schema: Schema,
  ): Promise<z.output<Schema> | null> {
    const bytes = await this.bytes(file);
    return bytes === null ? null : parseDocument(schema, bytes, this.key(file));
  }

  /** @throws RunIncomplete, UnusableModel */
  async requiredDocument<Schema extends z.ZodType>(
    file: string,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    return parseDocument(schema, await this.required(file), this.key(file));
  }

  async putDocument(file: string, document: unknown): Promise<void> {
    await this.put(file, Buffer.from(`${JSON.stringify(document)}\n`));
  }

  run(): Promise<TrainingRun | null> {
    return this.document('run.json', trainingRun);
  }

  putRun(run: TrainingRun): Promise<void> {
    return this.putDocument('run.json', run);
  }
}
