import { ModelNotFound } from '../errors.ts';
import type { Clock, ObjectReader } from '../ports.ts';
import { evaluatedFile, type ModelFolder, modelFileKey, verifyFolder } from './model-folder.ts';
import { openModel, type ScoringModel } from './registered-model.ts';

/** Versions kept in memory: champion, challenger, and the pair before them. */
const CAPACITY = 4;
/** How long a version that could not be opened is not tried again. */
const RETRY_AFTER_MS = 5_000;

/**
 * Opens registered models once and keeps them. A version that cannot be opened fails fast for a
 * while, so that a broken artifact costs the scorer no call per request.
 */
export class ModelPool {
  readonly #reader: ObjectReader;
  readonly #definitions: ReadonlyMap<string, string>;
  readonly #clock: Clock;
  readonly #opened = new Map<string, { model: Promise<ScoringModel>; failedAt: number | null }>();

  /** @param definitions feature name → digest of the definition that this scorer computes */
  constructor(reader: ObjectReader, definitions: ReadonlyMap<string, string>, clock: Clock) {
    this.#reader = reader;
    this.#definitions = definitions;
    this.#clock = clock;
  }

  /** @throws ModelNotFound, ModelDigestMismatch, UnusableModel, StoreUnavailable */
  open(name: string, version: string): Promise<ScoringModel> {
    const key = `${name}/${version}`;
    const known = this.#opened.get(key);
    if (known !== undefined && !this.#mayRetry(known.failedAt)) return known.model;
    const entry = { model: this.#read(name, version), failedAt: null as number | null };
    entry.model.catch(() => {
      entry.failedAt = this.#clock.now();
    });
    this.#opened.delete(key);
    this.#opened.set(key, entry);
    if (this.#opened.size > CAPACITY) {
      this.#opened.delete(this.#opened.keys().next().value as string);
    }
    return entry.model;
  }

  #mayRetry(failedAt: number | null): boolean {
    return failedAt !== null && this.#clock.now() - failedAt >= RETRY_AFTER_MS;
  }

  async #read(name: string, version: string): Promise<ScoringModel> {
    const manifest = await this.#file(name, version, 'manifest');
    const file = evaluatedFile(verifyFolder({ manifest }));
    const evaluated = await this.#file(name, version, file);
    return openModel({ manifest, [file]: evaluated }, this.#definitions);
  }

  async #file(name: string, version: string, file: keyof ModelFolder): Promise<Uint8Array> {
    const key = modelFileKey(name, version, file);
    const bytes = await this.#reader.get(key);
    if (bytes === null)
      throw new ModelNotFound(`the registry has no ${key}: was ${version} registered here?`);
    return bytes;
  }
}
