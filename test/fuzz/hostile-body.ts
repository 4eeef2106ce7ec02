import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { FIELD_ALIASES } from '../../shared/domain/aliases.ts';
import { doorEvent } from '../../shared/schemas/door-event.ts';
import { EVENT_TYPES } from '../../shared/schemas/event.ts';

const FIELDS = [...Object.keys(doorEvent.shape), ...Object.keys(FIELD_ALIASES), 'email'];
const HOSTILE_KEYS = ['__proto__', 'constructor', 'toString', '', 'a\u0000', '\ud800', 'events'];

/** JSON texts of values that programs trip over. */
const trap = fc.constantFrom(
  ...['null', 'true', '[]', '{}', '""', '0', '-0', '-1', '1e308', '1e999', '-1e999', '5e-324'],
  ...['9007199254740993', '1e-7', '0.1', '1.5', '100000000000000000000', '" "', '"\\u0000"'],
  ...['"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"\\ufeff"', '"\\u202e"', '"ﬀ"', '"İ"'],
  ...['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}'],
  ...['{"toJSON":1}', '[[[[[[]]]]]]', '"NaN"', '"undefined"', '"[object Object]"', '{"$ref":"#"}'],
  ...['"2026-02-29T00:00:00Z"', '"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999Z"'],
  ...['"2026-11-20T10:15:30+23:59"', '"2026-11-20T10:15:30.123456789012345678Z"'],
  ...['"1970-01-01T00:00:00Z"', '"//evil.example"', '"javascript:alert(1)"', '"http://["'],
  ...['"http://a:b@c.example/%zz?utm_source=%"', `"${'x'.repeat(129)}"`, `"${'ä'.repeat(65)}"`],
);
const shortId = fc.constantFrom('a', 'b', 'c', 'v-1', 'ü', '名', '\u{1F45F}').map(json);
const text = fc.string({ unit: 'binary', maxLength: 40 }).map(json);
const anyJson = fc.oneof(trap, text, fc.json({ maxDepth: 3 }), fc.double().map(json));

/** A value that the field's own contract takes. */
const good: Readonly<Record<string, fc.Arbitrary<string>>> = {
  event_type: fc.constantFrom(...EVENT_TYPES).map(json),
  event_timestamp: fc
    .date({ min: new Date(0), max: new Date('2026-01-01'), noInvalidDate: true })
    .map((date) => json(date.toISOString())),
  price: fc.double({ min: 0, max: 1e9, noNaN: true }).map(json),
  quantity: fc.integer({ min: 1, max: 1e6 }).map(json),
  currency: fc.constantFrom('"EUR"', '"gbp"'),
  page_url: fc.webUrl({ withQueryParameters: true, withFragments: true }).map(json),
  referrer: fc.webUrl().map(json),
  user_agent: fc.constantFrom('"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"', '"bot"'),
};

type Member = readonly [key: string, value: string];

const goodMember: fc.Arbitrary<Member> = fc
  .constantFrom(...Object.keys(doorEvent.shape))
  .chain((field) => (good[field] ?? shortId).map((value): Member => [field, value]));
const oddMember: fc.Arbitrary<Member> = fc.tuple(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...FIELDS) },
    { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_KEYS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  ),
  anyJson,
);

/** An event as JSON text, so that keys may repeat and numbers may be what no program writes. */
function eventText(odd: fc.Arbitrary<readonly Member[]>): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(goodMember, { maxLength: 6 }),
      odd,
      fc.constantFrom<Member[]>(
        [['anonymous_id', '"v-1"']],
        [
          ['anonymous_id', '"v-2"'],
          ['user_id', '"u-1"'],
        ],
        [['user_id', '"u-2"']],
        [],
      ),
      good['event_type'] as fc.Arbitrary<string>,
    )
    .map(([some, oddities, identity, type]) =>
      objectText([
        ['event_type', type],
        ['product_id', '"p-1"'],
        ...identity,
        ...some,
        ...oddities,
      ]),
    );
}

const event = eventText(fc.array(oddMember, { maxLength: 4 }));
/** No oddities: JSON of values that the contract takes, some of it in vain. */
const soundEvent = eventText(fc.constant([]));

const eventsOf = (one: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(one, { minLength: 1, maxLength }).map((all) => `{"events":[${all.join(',')}]}`);

const score = (context: fc.Arbitrary<string>, odd: fc.Arbitrary<Member[]>) =>
  fc
    .tuple(
      fc.constantFrom('user_id', 'anonymous_id'),
      shortId,
      fc.array(context, { maxLength: 3 }),
      fc.constantFrom('true', 'false'),
      odd,
    )
    .map(([who, id, events, reasons, oddities]) =>
      objectText([
        [who, id],
        ['reasons', reasons],
        ['context', `{"events":[${events.join(',')}]}`],
        ...oddities,
      ]),
    );
const scoreMember: fc.Arbitrary<Member> = fc.tuple(
  fc.constantFrom(
    'user_id',
    'anonymous_id',
    'session_id',
    'product_id',
    'context',
    ...HOSTILE_KEYS,
  ),
  anyJson,
);

const nesting = fc
  .tuple(
    fc.constantFrom(['[', ']'], ['{"a":', '}'], ['[{"events":', '}]'], ['{"context":', '}']),
    fc.nat({ max: 20_000 }),
    fc.boolean(),
    fc.constantFrom('', '{"events":[{"event_type":"a","anonymous_id":"a","x":'),
  )
  .map(([[open = '', close = ''], times, closes, before]) => {
    const depth = Math.min(times, Math.floor(60_000 / (open.length + close.length)));
    return `${before}${open.repeat(depth)}${closes ? `0${close.repeat(depth)}` : ''}`;
  });

/** A document with one place cut, doubled or overwritten. */
function broken(documents: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(documents, fc.nat(), fc.nat({ max: 6 }), fc.string({ unit: 'binary', maxLength: 4 }))
    .map(([document, at, length, put]) => {
      const start = at % document.length;
      return `${document.slice(0, start)}${put}${document.slice(start + length)}`;
    });
}

const tooMany = fc
  .tuple(soundEvent, fc.integer({ min: 90, max: 130 }))
  .map(([one, count]) => `{"events":[${Array(count).fill(one).join(',')}]}`);
const tooLarge = fc
  .tuple(fc.constantFrom(' ', 'x', '"', '\\', '\ud83d\ude00', '[', '{'), fc.nat({ max: 70_000 }))
  .map(([one, length]) => one.repeat(Math.ceil(length / one.length)));

const bytesOf = (documents: fc.Arbitrary<string>) => documents.map((text) => Buffer.from(text));

/** Bodies that are no document of any route, most of them. */
const junk: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 3, arbitrary: bytesOf(anyJson) },
  { weight: 1, arbitrary: bytesOf(tooMany) },
  { weight: 1, arbitrary: bytesOf(tooLarge) },
  { weight: 1, arbitrary: bytesOf(nesting) },
  { weight: 1, arbitrary: bytesOf(soundEvent).map((bytes) => gzipSync(bytes)) },
);

const hostileEvents = eventsOf(event, 4);
const hostileScore = score(event, fc.array(scoreMember, { maxLength: 2 }));

/** Bodies for the collection of events, from valid to nothing of the kind. */
export const eventsBody: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: bytesOf(hostileEvents) },
  { weight: 3, arbitrary: bytesOf(eventsOf(soundEvent, 3)) },
  { weight: 2, arbitrary: bytesOf(eventsOf(anyJson, 5)) },
  { weight: 3, arbitrary: bytesOf(broken(hostileEvents)) },
  { weight: 4, arbitrary: junk },
);

/** Bodies for the score, likewise. */
export const scoreBody: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 5, arbitrary: bytesOf(hostileScore) },
  { weight: 5, arbitrary: bytesOf(score(soundEvent, fc.constant([]))) },
  { weight: 2, arbitrary: bytesOf(score(soundEvent, fc.array(scoreMember, { maxLength: 1 }))) },
  { weight: 3, arbitrary: bytesOf(broken(hostileScore)) },
  { weight: 4, arbitrary: junk },
);

function json(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

function objectText(members: readonly Member[]): string {
  return `{${members.map(([key, value]) => `${json(key)}:${value}`).join(',')}}`;
}
