import { gunzipSync } from 'node:zlib';
import { UnusableModel } from '../errors.ts';
import { LIMITS } from './check-forest.ts';

const BLOCK = 512;
const MEMBER = 'xgboost-model';
/** Where a member's type stands; extended headers may bear the member's name. */
const TYPE = 156;
const REGULAR = '0'.charCodeAt(0);

/**
 * The model file inside an artifact of SageMaker's built-in XGBoost container: the member
 * `xgboost-model` of `model.tar.gz`.
 * @throws UnusableModel
 */
export function modelOfArtifact(archive: Uint8Array): Uint8Array {
  const tar = unzipped(archive);
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const name = textAt(tar, at, 100);
    if (name === '') break;
    const octal = textAt(tar, at + 124, 12).trim();
    const size = /^[0-7]+$/.test(octal) ? Number.parseInt(octal, 8) : Number.NaN;
    const start = at + BLOCK;
    if (!(start + size <= tar.length))
      throw new UnusableModel(`model.tar.gz, byte ${at}: member ${name} of ${octal} bytes (octal)`);
    const isFile = tar[at + TYPE] === 0 || tar[at + TYPE] === REGULAR;
    if (isFile && name.split('/').at(-1) === MEMBER) return tar.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new UnusableModel(`model.tar.gz has no member ${MEMBER}`);
}

function unzipped(archive: Uint8Array): Uint8Array {
  try {
    return gunzipSync(archive, { maxOutputLength: LIMITS.fileBytes });
  } catch (error) {
    throw new UnusableModel(`not a usable gzip file: ${(error as Error).message}`);
  }
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('latin1');
}
