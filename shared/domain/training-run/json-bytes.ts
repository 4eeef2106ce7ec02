const BYTES = '$bytes';

/** A document with bytes in it as JSON: `Uint8Array`s stand in Base64. */
export function writeJson(document: unknown): Uint8Array {
  return Buffer.from(
    `${JSON.stringify(document, function replacer(this: Record<string, unknown>, key, value) {
      const raw = this[key]; // a Buffer has already been turned into something else in `value`
      return raw instanceof Uint8Array ? { [BYTES]: Buffer.from(raw).toString('base64') } : value;
    })}\n`,
  );
}

/** What `writeJson` wrote, by the same code: its shape is not checked. */
export function readJson<Document>(bytes: Uint8Array): Document {
  return JSON.parse(Buffer.from(bytes).toString(), (_key, value) =>
    typeof value?.[BYTES] === 'string'
      ? new Uint8Array(Buffer.from(value[BYTES], 'base64'))
      : value,
  ) as Document;
}
