import { gzipSync } from 'node:zlib';

const BLOCK = 512;
const MEMBER = 'xgboost-model';

/**
 * `model.tar.gz` of a model file, as the container reads and leaves it. The same file gives the same
 * bytes: the archive has no time and no owner.
 * @param model XGBoost's UBJSON: the container takes a file without an ending for that
 */
export function writeXgboostContainer(model: Uint8Array): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  const field = (text: string, at: number) => header.write(text, at, 'latin1');
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  field(MEMBER, 0);
  field(octal(0o644, 7), 100);
  field(octal(0, 7), 108);
  field(octal(0, 7), 116);
  field(octal(model.length, 11), 124);
  field(octal(0, 11), 136);
  field('        ', 148); // counts as blanks in its own sum
  field('0', 156);
  field('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  field(`${octal(sum, 6)}\u0000 `, 148);
  const padding = Buffer.alloc((BLOCK - (model.length % BLOCK)) % BLOCK);
  const zipped = gzipSync(Buffer.concat([header, model, padding, Buffer.alloc(2 * BLOCK)]));
  zipped[9] = 255; // operating system: unknown
  return zipped;
}
