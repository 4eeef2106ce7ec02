import { createHash } from 'node:crypto';
import type * as z from 'zod';
import { ModelDigestMismatch, UnusableModel } from '../errors.ts';
import { type AdditiveModel, type Manifest, manifest as manifestSchema } from '../schemas/model.ts';

/** The bytes of a registered version: a folder that never changes. */
export interface ModelFolder {
  readonly manifest: Uint8Array;
  readonly model: Uint8Array;
  /** Markdown. */
  readonly card: Uint8Array;
  /** Of a tree model: the compact form of `model`. */
  readonly forest?: Uint8Array;
  /** Of a trained model: how it was measured, as data and as a page. */
  readonly evaluation?: Uint8Array;
  readonly page?: Uint8Array;
}

/** What a training makes, before it has a name. */
export interface Artifact extends Pick<ModelFolder, 'model' | 'forest'> {
  readonly kind: Manifest['kind'];
}

const FILES = {
  manifest: 'manifest.json',
  model: 'model.json',
  card: 'card.md',
  forest: 'forest.bin',
  evaluation: 'evaluation.json',
  page: 'evaluation.html',
} as const satisfies Record<keyof ModelFolder, string>;

/** What a training puts beside a model: nothing that the scorer reads. */
export type Measurements = Required<Pick<ModelFolder, 'evaluation'>> & Pick<ModelFolder, 'page'>;

const VERSION = /"version": "(\d{4}-\d{2}-\d{2})-([0-9a-f]{12})"/;
const DIGITS = 12;

/** Where the files of a version stand in the models' bucket. */
export function modelFileKey(name: string, version: string, file: keyof ModelFolder): string {
  return `${name}/${version}/${FILES[file]}`;
}

/** The file that a scorer evaluates; it needs no other beside the manifest. */
export function evaluatedFile({ kind }: Pick<Manifest, 'kind'>): 'model' | 'forest' {
  return kind === 'trees' ? 'forest' : 'model';
}

export function additiveArtifact(model: AdditiveModel): Artifact {
  return { kind: model.kind, model: Buffer.from(`${JSON.stringify(model)}\n`) };
}

/**
 * Lays out a version's files. The version is the run date and 12 hex digits of the SHA-256 of the
 * manifest, those digits being zeros while it is computed; the manifest holds the digests of the
 * other files, so the version names every byte of the folder. Same arguments, same bytes.
 *
 * @param runDate `YYYY-MM-DD`
 */
export function composeModel(
  runDate: string,
  parts: {
    readonly manifest: Omit<Manifest, 'version' | 'kind' | 'files'>;
    readonly artifact: Artifact;
    readonly card: string;
    readonly measurements?: Measurements;
  },
): ModelFolder & { readonly version: string } {
  const { kind, ...evaluated } = parts.artifact;
  const files = { ...evaluated, ...parts.measurements };
  const card = Buffer.from(parts.card);
  const { name, ...rest } = parts.manifest;
  const document: Manifest = {
    name,
    version: `${runDate}-${'0'.repeat(DIGITS)}`,
    kind,
    ...rest,
    files: {
      'model.json': sha256(files.model),
      'card.md': sha256(card),
      ...(files.forest === undefined ? {} : { 'forest.bin': sha256(files.forest) }),
      ...(parts.measurements && {
        'evaluation.json': sha256(parts.measurements.evaluation),
        ...(parts.measurements.page && { 'evaluation.html': sha256(parts.measurements.page) }),
      }),
    },
  };
  const unnamed = `${JSON.stringify(manifestSchema.parse(document), null, 2)}\n`;
  const version = `${runDate}-${sha256(Buffer.from(unnamed)).slice(0, DIGITS)}`;
  const manifest = Buffer.from(unnamed.replace(document.version, version));
  return { version, manifest, ...files, card };
}

/**
 * Reads a manifest and checks that it, and the files given with it, are what its version names.
 * @throws ModelDigestMismatch when a byte differs; UnusableModel when the manifest is of another
 *   layout
 */
export function verifyFolder(
  folder: Pick<ModelFolder, 'manifest'> & Partial<ModelFolder>,
): Manifest {
  // One character a byte, so that the text hashes as the bytes do.
  const text = Buffer.from(folder.manifest).toString('latin1');
  const [named, runDate, digits] = VERSION.exec(text) ?? [];
  if (named === undefined || digits === undefined)
    throw new UnusableModel(
      'manifest.json has no "version" of the form YYYY-MM-DD-<12 hex digits>: it is not a manifest of this platform',
    );
  const unnamed = text.replace(named, `"version": "${runDate}-${'0'.repeat(DIGITS)}"`);
  const version = `${runDate}-${digits}`;
  requireDigest(
    version,
    'manifest.json',
    digits,
    sha256(Buffer.from(unnamed, 'latin1')).slice(0, DIGITS),
  );
  const manifest = parseDocument(manifestSchema, folder.manifest, `manifest.json of ${version}`);
  for (const file of ['model', 'card', 'forest', 'evaluation', 'page'] as const) {
    const bytes = folder[file];
    if (bytes !== undefined)
      requireDigest(version, FILES[file], manifest.files[FILES[file]], sha256(bytes));
  }
  return manifest;
}

function requireDigest(
  version: string,
  file: string,
  expected: string | undefined,
  actual: string,
): void {
  if (expected !== actual)
    throw new ModelDigestMismatch(
      `${file} of ${version} has SHA-256 ${actual}, its manifest says ${expected}: fetch the folder again or register the model anew`,
    );
}

/**
 * A file of a model folder as the document it should hold.
 * @throws UnusableModel when it is no JSON or of another shape
 */
export function parseDocument<Schema extends z.ZodType>(
  schema: Schema,
  bytes: Uint8Array,
  file: string,
): z.output<Schema> {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    throw new UnusableModel(`${file} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UnusableModel(`${file}: ${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
}

/** Hex SHA-256. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
