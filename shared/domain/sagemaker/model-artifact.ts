import { MalformedArtifact } from '../../errors.ts';
import type { Forest } from '../../trees/forest.ts';
import { readForest } from '../../trees/read-forest.ts';
import { modelOfArtifact } from '../../trees/xgboost-container.ts';

const MEMBER = 'xgboost-model';

/**
 * The forest in the artifact of a training job with the built-in XGBoost container: UBJSON, JSON or
 * the old binary form in the member `xgboost-model` of `model.tar.gz`.
 * @param featureCount of the columns that the job was given
 * @throws MalformedArtifact saying what was wrong and what to do
 */
export function forestOfArtifact(artifact: Uint8Array, featureCount: number): Forest {
  const forest = forestIn(unpacked(artifact));
  if (forest.featureCount === featureCount) return forest;
  throw new MalformedArtifact(
    `the model has ${forest.featureCount} columns, ${featureCount} were given to train on: the job read another channel, or one with a header or with weights that csv_weights did not announce`,
  );
}

function unpacked(artifact: Uint8Array): Uint8Array {
  try {
    return modelOfArtifact(artifact);
  } catch (error) {
    throw malformed(error, 'Is it the ModelArtifacts of a finished job of the XGBoost container?');
  }
}

function forestIn(model: Uint8Array): Forest {
  if (model.length === 0)
    throw new MalformedArtifact(`${MEMBER} is empty: the job ended before it saved. Train again`);
  if (isPickle(model))
    throw new MalformedArtifact(
      `${MEMBER} is a Python pickle, as images before 1.3 leave it, which runs code when it is read: train with a newer image`,
    );
  if (isGzip(model))
    throw new MalformedArtifact(`${MEMBER} is itself compressed: pack the model file as it is`);
  try {
    return readForest(model);
  } catch (error) {
    throw malformed(error, 'Train again, or convert the file with the XGBoost that wrote it');
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Protocols 2 to 5 begin with their number and end with a stop. */
function isPickle(bytes: Uint8Array): boolean {
  const [first, protocol = 0] = bytes;
  return first === 0x80 && protocol >= 2 && protocol <= 5 && bytes.at(-1) === 0x2e;
}

function malformed(cause: unknown, advice: string): MalformedArtifact {
  return new MalformedArtifact(`${(cause as Error).message}. ${advice}`, { cause });
}
