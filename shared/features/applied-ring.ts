/** How many of a visitor's last events are remembered for duplicates. */
export const RING_ENTRIES = 256;
const WORDS_PER_ENTRY = 2;
const BYTES_PER_ENTRY = 8;

/**
 * The last 256 applied events as 8 bytes each: 40 bits of the hash of the event_id, 24 bits of the
 * hash of the order_key. Grows to its full size as it fills, for most visitors never do.
 */
export interface AppliedRing {
  words: Uint32Array;
  entries: number;
  /** Entry that the next event replaces once the ring is full. */
  next: number;
}

export type RingMatch = 'new' | 'same event and order' | 'same event';

export function emptyRing(): AppliedRing {
  return { words: new Uint32Array(8 * WORDS_PER_ENTRY), entries: 0, next: 0 };
}

function secondWord(eventHash: number, orderHash: number): number {
  return (((Math.floor(eventHash / 2 ** 32) & 0xff) << 24) | (orderHash & 0xffffff)) >>> 0;
}

/**
 * @param eventHash `hash53` of the event_id
 * @param orderHash `hash53` of the order_key
 */
export function findInRing(ring: AppliedRing, eventHash: number, orderHash: number): RingMatch {
  const { words } = ring;
  const first = eventHash >>> 0;
  const second = secondWord(eventHash, orderHash);
  const end = ring.entries * WORDS_PER_ENTRY;
  let match: RingMatch = 'new';
  for (let place = 0; place < end; place += WORDS_PER_ENTRY) {
    if (words[place] !== first) continue;
    const difference = (words[place + 1] as number) ^ second;
    if (difference === 0) return 'same event and order';
    if (difference >>> 24 === 0) match = 'same event';
  }
  return match;
}

export function addToRing(ring: AppliedRing, eventHash: number, orderHash: number): void {
  const full = ring.entries === RING_ENTRIES;
  const place = (full ? ring.next : ring.entries) * WORDS_PER_ENTRY;
  if (place === ring.words.length) {
    const grown = new Uint32Array(Math.min(ring.words.length * 2, RING_ENTRIES * WORDS_PER_ENTRY));
    grown.set(ring.words);
    ring.words = grown;
  }
  ring.words[place] = eventHash >>> 0;
  ring.words[place + 1] = secondWord(eventHash, orderHash);
  if (full) ring.next = (ring.next + 1) % RING_ENTRIES;
  else ring.entries++;
}

/** Oldest first, big-endian, 8 bytes an entry. */
export function ringToBytes(ring: AppliedRing): Uint8Array {
  const bytes = new Uint8Array(ring.entries * BYTES_PER_ENTRY);
  const view = new DataView(bytes.buffer);
  for (let entry = 0; entry < ring.entries; entry++) {
    const place = ((entry + ring.next) % ring.entries) * WORDS_PER_ENTRY;
    view.setUint32(entry * BYTES_PER_ENTRY, ring.words[place] as number);
    view.setUint32(entry * BYTES_PER_ENTRY + 4, ring.words[place + 1] as number);
  }
  return bytes;
}

/** @param bytes what `ringToBytes` wrote; a longer one keeps its newest 256 entries */
export function ringFromBytes(bytes: Uint8Array): AppliedRing {
  const ring = emptyRing();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = Math.min(Math.floor(bytes.byteLength / BYTES_PER_ENTRY), RING_ENTRIES);
  const skip = Math.floor(bytes.byteLength / BYTES_PER_ENTRY) - entries;
  let capacity = ring.words.length;
  while (capacity < entries * WORDS_PER_ENTRY) capacity *= 2;
  ring.words = new Uint32Array(capacity);
  for (let word = 0; word < entries * WORDS_PER_ENTRY; word++) {
    ring.words[word] = view.getUint32(skip * BYTES_PER_ENTRY + word * 4);
  }
  ring.entries = entries;
  return ring;
}
