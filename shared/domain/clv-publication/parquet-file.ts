/** A column without nulls. */
export type ParquetColumn =
  | { readonly name: string; readonly type: 'double'; readonly values: readonly number[] }
  | { readonly name: string; readonly type: 'text'; readonly values: readonly string[] };

const MAGIC = Buffer.from('PAR1');
/** Numbers that the format gives to what is written here. */
const DOUBLE = 5;
const BYTE_ARRAY = 6;
const REQUIRED = 0;
const UTF8 = 0;
const PLAIN = 0;
const RLE = 3;
const UNCOMPRESSED = 0;
const DATA_PAGE = 0;

/**
 * A Parquet file of one row group: a plain, uncompressed page a column, no nulls. The same rows make
 * the same bytes on every machine.
 *
 * Source: Apache Parquet format 2, parquet.thrift, in Thrift's compact protocol.
 * @param columns at least one, of equal length; a page holds at most 2 GB
 */
export function parquetFile(columns: readonly ParquetColumn[]): Uint8Array {
  const rows = columns[0]?.values.length ?? 0;
  const parts: Buffer[] = [MAGIC];
  let offset = MAGIC.length;
  const chunks = columns.map((column) => {
    const data = pageOf(column);
    const header = pageHeader(rows, data.length);
    const chunk = { column, offset, bytes: header.length + data.length };
    parts.push(header, data);
    offset += chunk.bytes;
    return chunk;
  });
  const footer = new CompactStruct()
    .i32(1, 1)
    .structs(2, [
      new CompactStruct().text(4, 'schema').i32(5, columns.length),
      ...columns.map(({ name, type }) => {
        const element = new CompactStruct().i32(1, typeOf(type)).i32(3, REQUIRED).text(4, name);
        return type === 'text' ? element.i32(6, UTF8) : element;
      }),
    ])
    .i64(3, rows)
    .structs(4, [
      new CompactStruct()
        .structs(
          1,
          chunks.map(({ column, offset, bytes }) =>
            new CompactStruct()
              .i64(2, offset)
              .struct(
                3,
                new CompactStruct()
                  .i32(1, typeOf(column.type))
                  .i32s(2, [PLAIN, RLE])
                  .texts(3, [column.name])
                  .i32(4, UNCOMPRESSED)
                  .i64(5, rows)
                  .i64(6, bytes)
                  .i64(7, bytes)
                  .i64(9, offset),
              ),
          ),
        )
        .i64(2, offset - MAGIC.length)
        .i64(3, rows),
    ])
    .end();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, MAGIC]);
}

function typeOf(type: ParquetColumn['type']): number {
  return type === 'double' ? DOUBLE : BYTE_ARRAY;
}

function pageOf(column: ParquetColumn): Buffer {
  if (column.type === 'double') {
    const page = Buffer.alloc(column.values.length * 8);
    for (const [row, value] of column.values.entries()) page.writeDoubleLE(value, row * 8);
    return page;
  }
  return Buffer.concat(
    column.values.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

function pageHeader(rows: number, bytes: number): Buffer {
  return new CompactStruct()
    .i32(1, DATA_PAGE)
    .i32(2, bytes)
    .i32(3, bytes)
    .struct(5, new CompactStruct().i32(1, rows).i32(2, PLAIN).i32(3, RLE).i32(4, RLE))
    .end();
}

const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
/** Lists of up to so many carry their size in the byte of their type. */
const SHORT_LIST = 14;

/** A struct of Thrift's compact protocol; fields go in by ascending id. */
class CompactStruct {
  readonly #bytes: Buffer[] = [];
  #last = 0;

  i32(id: number, value: number): this {
    return this.#field(id, I32, zigzag(value));
  }

  i64(id: number, value: number): this {
    return this.#field(id, I64, zigzag(value));
  }

  text(id: number, value: string): this {
    return this.#field(id, BINARY, binary(value));
  }

  struct(id: number, value: CompactStruct): this {
    return this.#field(id, STRUCT, value.end());
  }

  structs(id: number, values: readonly CompactStruct[]): this {
    return this.#list(
      id,
      STRUCT,
      values.map((value) => value.end()),
    );
  }

  texts(id: number, values: readonly string[]): this {
    return this.#list(id, BINARY, values.map(binary));
  }

  i32s(id: number, values: readonly number[]): this {
    return this.#list(id, I32, values.map(zigzag));
  }

  end(): Buffer {
    return Buffer.concat([...this.#bytes, Buffer.of(0)]);
  }

  #list(id: number, type: number, items: readonly Buffer[]): this {
    const head =
      items.length <= SHORT_LIST
        ? Buffer.of((items.length << 4) | type)
        : Buffer.concat([Buffer.of(0xf0 | type), varint(items.length)]);
    return this.#field(id, LIST, Buffer.concat([head, ...items]));
  }

  #field(id: number, type: number, value: Buffer): this {
    this.#bytes.push(Buffer.of(((id - this.#last) << 4) | type), value);
    this.#last = id;
    return this;
  }
}

function binary(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** Of a number ≥ 0, which zigzag doubles. */
function zigzag(value: number): Buffer {
  return varint(value * 2);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.of(...bytes, rest);
}
