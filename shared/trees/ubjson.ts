import { UnusableModel } from '../errors.ts';

/** Values by which a number's type marker is followed, in bytes. */
const NUMBERS: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>
> = {
  i: [1, (view, at) => view.getInt8(at)],
  U: [1, (view, at) => view.getUint8(at)],
  I: [2, (view, at) => view.getInt16(at)],
  l: [4, (view, at) => view.getInt32(at)],
  L: [8, (view, at) => Number(view.getBigInt64(at))],
  d: [4, (view, at) => view.getFloat32(at)],
  D: [8, (view, at) => view.getFloat64(at)],
};
const DEEPEST = 64;

/**
 * A document of Universal Binary JSON, draft 12 (ubjson.org): objects as plain records without
 * prototype, typed arrays as `Float64Array`. Memory is bounded by the length of the bytes.
 * @throws UnusableModel with the byte offset
 */
export function readUbjson(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = 0;

  const fail = (reason: string): never => {
    throw new UnusableModel(`UBJSON, byte ${at}: ${reason}`);
  };
  const need = (count: number) => {
    if (count > bytes.length - at) fail(`ends early, ${count} bytes more are announced`);
  };
  const marker = (): string => {
    need(1);
    return String.fromCharCode(bytes[at++] as number);
  };
  const peek = (char: string): boolean => {
    if (bytes[at] !== char.charCodeAt(0)) return false;
    at++;
    return true;
  };

  function number(type: string): number {
    const [size, read] = NUMBERS[type] ?? fail(`'${type}' is no number type`);
    need(size);
    at += size;
    return read(view, at - size);
  }

  function length(): number {
    const value = number(marker());
    if (!Number.isSafeInteger(value) || value < 0) fail(`length ${value}`);
    return value;
  }

  function text(): string {
    const count = length();
    need(count);
    at += count;
    try {
      return decoder.decode(bytes.subarray(at - count, at));
    } catch {
      return fail('text is not UTF-8');
    }
  }

  /** `$type` and `#count` of an array or object, each null where absent. */
  function header(): { type: string | null; count: number | null } {
    const type = peek('$') ? marker() : null;
    if (peek('#')) return { type, count: length() };
    if (type !== null) fail('a type without a count');
    return { type, count: null };
  }

  function array(depth: number): unknown {
    const { type, count } = header();
    if (type !== null && Object.hasOwn(NUMBERS, type)) {
      const [size, read] = NUMBERS[type] as (typeof NUMBERS)[string];
      need((count as number) * size);
      const first = at;
      at += (count as number) * size;
      return Float64Array.from({ length: count as number }, (_, index) =>
        read(view, first + index * size),
      );
    }
    if (count !== null) need(type === null ? count : 0);
    if (type !== null && count !== null) need(count); // no type without content is written
    const items: unknown[] = [];
    while (count === null ? !peek(']') : items.length < count)
      items.push(value(type ?? marker(), depth));
    return items;
  }

  function object(depth: number): Record<string, unknown> {
    const { type, count } = header();
    const record: Record<string, unknown> = Object.create(null);
    let members = 0;
    while (count === null ? !peek('}') : members < count) {
      const key = text();
      record[key] = value(type ?? marker(), depth);
      members++;
    }
    return record;
  }

  function value(type: string, depth: number): unknown {
    if (depth > DEEPEST) fail(`nested more than ${DEEPEST} deep`);
    switch (type) {
      case '{':
        return object(depth + 1);
      case '[':
        return array(depth + 1);
      case 'S':
        return text();
      case 'C':
        return marker();
      case 'T':
        return true;
      case 'F':
        return false;
      case 'Z':
        return null;
      default:
        return number(type);
    }
  }

  const document = value(marker(), 0);
  if (at !== bytes.length) fail(`${bytes.length - at} bytes follow the document`);
  return document;
}
