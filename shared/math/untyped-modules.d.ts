/** The library's own types are not where its `exports` lead: only what is used of it. */
declare module 'cephes' {
  const cephes: {
    readonly compiled: Promise<void>;
    erf(x: number): number;
    erfc(x: number): number;
    ndtri(p: number): number;
    incbet(a: number, b: number, x: number): number;
    incbi(a: number, b: number, share: number): number;
    igamc(a: number, x: number): number;
  };
  export default cephes;
}
