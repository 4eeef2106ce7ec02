import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UnreadableInput } from '../shared/errors.ts';

/** Longest line in characters: one event must fit a request of 64 KB. */
export const MAX_LINE_LENGTH = 60 * 1024;

export interface Line {
  /** Without its line break; of an overlong line the beginning only. */
  readonly text: string;
  readonly overlong: boolean;
  /** False for a last line that the file ends in the middle of, or that lacks its line break. */
  readonly terminated: boolean;
}

/**
 * The lines of a plain or gzip-compressed UTF-8 file, told apart by content. LF and CR LF end a
 * line, a byte order mark is skipped. Memory is bounded whatever the file holds.
 * @throws UnreadableInput when it cannot be opened, or its gzip data is cut off or damaged
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = '';
  let overlong = false;
  for await (const chunk of readBytes(path)) {
    const text = rest + decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield lineOf(text.slice(start, end), overlong, true);
      overlong = false;
      start = end + 1;
    }
    rest = text.slice(start);
    if (rest.length > MAX_LINE_LENGTH) {
      rest = rest.slice(0, MAX_LINE_LENGTH);
      overlong = true;
    }
  }
  rest += decoder.decode();
  if (rest !== '' || overlong) yield lineOf(rest, overlong, false);
}

function lineOf(text: string, overlong: boolean, terminated: boolean): Line {
  if (overlong || text.length > MAX_LINE_LENGTH) {
    return { text: text.slice(0, MAX_LINE_LENGTH), overlong: true, terminated };
  }
  return { text: text.endsWith('\r') ? text.slice(0, -1) : text, overlong: false, terminated };
}

/**
 * Reads a file through once, so that a damaged one is refused before anything is taken from it.
 * @returns hex SHA-256 of the uncompressed content: plain or compressed, it is the same input
 * @throws UnreadableInput also when the file is empty
 */
export async function contentDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of readBytes(path)) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  if (bytes === 0) throw new UnreadableInput(`${path} is empty`);
  return hash.digest('hex');
}

async function* readBytes(path: string): AsyncGenerator<Buffer> {
  let bytes = 0;
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const isCompressed = await isGzip(file);
    const content = file.createReadStream({ start: 0, highWaterMark: CHUNK_BYTES });
    const source = isCompressed
      ? pipeline(content, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) // the loop throws it
      : content;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw unreadable(path, bytes, error as NodeJS.ErrnoException);
  } finally {
    await file?.close();
  }
}

const CHUNK_BYTES = 256 * 1024;

async function isGzip(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory, name the files in it',
  EACCES: 'this user may not read it',
};

function unreadable(path: string, bytes: number, error: NodeJS.ErrnoException): Error {
  const code = error.code ?? '';
  if (code.startsWith('Z_')) {
    return new UnreadableInput(
      `${path}: the gzip data is cut off or damaged after ${bytes} uncompressed bytes (${error.message}): get the file again`,
    );
  }
  const known = SYSTEM_ERRORS[code];
  return known === undefined ? error : new UnreadableInput(`cannot read ${path}: ${known}`);
}
