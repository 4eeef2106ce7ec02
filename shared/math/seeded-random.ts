/**
 * A seeded stream of numbers uniform in [0, 1): the generator sfc32 of C. Doty-Humphrey's PractRand,
 * started from the seed and warmed up by 15 rounds. The same seed gives the same numbers on every
 * machine. Not for secrets.
 * @param seed any integer; its low 32 bits and the 21 above them count
 */
export function seededRandom(seed: number): () => number {
  let a = 0x9e3779b9;
  let b = Math.floor(seed / 0x1_0000_0000) | 0;
  let c = seed | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let round = 0; round < 15; round++) next();
  return next;
}
