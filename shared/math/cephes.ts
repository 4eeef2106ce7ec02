import library from 'cephes';

// The library is WebAssembly, which Node compiles in the background.
await library.compiled;

/** The special functions of S. Moshier's Cephes library (docs/adr/special-functions.md). */
export const cephes = library;
