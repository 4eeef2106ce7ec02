/** Composes on first use and keeps the result; a failed composition is tried again next time. */
export function once<Value>(compose: () => Promise<Value> | Value): () => Promise<Value> {
  let composed: Promise<Value> | undefined;
  return () => {
    composed ??= Promise.resolve()
      .then(compose)
      .catch((error: unknown) => {
        composed = undefined;
        throw error;
      });
    return composed;
  };
}
