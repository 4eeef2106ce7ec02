import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openOnlineStore } from '#adapters/online-store';
import { openSecretStore } from '#adapters/secret-store';
import { resourceNamed } from '../local/environment.ts';
import { parseKeyRing, pseudonymise } from '../shared/domain/identity.ts';
import { Usage } from '../shared/errors.ts';
import { type CatalogueEntry, catalogue } from '../shared/features/catalogue.ts';
import {
  productFromItem,
  productItemKey,
  userFromItem,
  userKey,
  visitorFromItem,
  visitorKey,
} from '../shared/features/item.ts';
import { currentSession, type FeatureEntities, featureValues } from '../shared/features/vector.ts';
import { isForgotten, sessionId } from '../shared/features/visitor.ts';
import type { OnlineStore } from '../shared/ports.ts';
import type { FeatureValue } from '../shared/schemas/score.ts';
import { alignedTable } from './aligned-table.ts';
import { registerParity } from './features-parity.ts';
import { registerSnapshot } from './features-snapshot.ts';

const ENTITIES = ['visitor', 'session', 'user', 'product'] as const;
type ShownEntity = (typeof ENTITIES)[number];

export function register(program: Command): void {
  const features = program.command('features').description('the features and their values');
  features
    .command('list')
    .description('the catalogue: every feature with its view, window, unit and null rule')
    .option('--json', 'print it as JSON, with digests and descriptions')
    .action((flags: { readonly json?: boolean }) => {
      process.stdout.write(
        flags.json
          ? `${JSON.stringify(catalogue())}\n`
          : alignedTable([HEADINGS, ...catalogue().map(listed)]),
      );
    });
  features
    .command('show')
    .description('what the online store knows of a visitor, its session, a user or a product')
    .argument('<entity>', ENTITIES.join(', '))
    .argument('<id>', "the visitor's id (of a session too), or the shop's id of a user or product")
    .option('--at <time>', 'read as of this time, ISO 8601; the state is the stored one')
    .option('--product <id>', 'ask about this product, as a score may')
    .option('--json', 'print JSON')
    .action(async (entity: string, id: string, flags: ShowFlags) => {
      const shown = await show(entityOf(entity), id, flags);
      process.stdout.write(flags.json ? `${JSON.stringify(shown)}\n` : told(shown));
      if (!shown.found) process.exitCode = 1;
    });
  registerSnapshot(features);
  registerParity(features);
}

interface ShowFlags {
  readonly at?: string;
  readonly product?: string;
  readonly json?: boolean;
}

interface Shown {
  readonly entity: ShownEntity;
  /** A user's is its pseudonym. */
  readonly id: string;
  readonly found: boolean;
  readonly at: string;
  readonly facts: Readonly<Record<string, FeatureValue>>;
  readonly features: readonly {
    readonly name: string;
    readonly value: FeatureValue;
    readonly unit: string;
  }[];
}

function entityOf(entity: string): ShownEntity {
  const known = ENTITIES.find((name) => name === entity);
  if (known === undefined)
    throw new Usage(`${entity} is no entity to show: ${ENTITIES.join(', ')}`);
  return known;
}

async function show(entity: ShownEntity, id: string, flags: ShowFlags): Promise<Shown> {
  const at = flags.at === undefined ? openClock().now() : Date.parse(flags.at);
  if (Number.isNaN(at)) throw new Usage(`--at ${flags.at} is no ISO 8601 time`);
  const store = openOnlineStore(resourceNamed('ONLINE_TABLE'));
  const product = flags.product ?? null;
  const shown = await found(store, entity, id, product, at);
  const query = { at, product_id: product, timeZone: resourceNamed('SHOP_TIME_ZONE') };
  const values = featureValues(shown.entities, query);
  const views: Readonly<Record<ShownEntity, readonly string[]>> = {
    visitor: ['session', 'session_product', 'user', 'product'],
    session: ['session', 'session_product'],
    user: ['user'],
    product: ['product'],
  };
  return {
    entity,
    id: shown.id,
    found: shown.found,
    at: new Date(at).toISOString(),
    facts: shown.facts,
    features: catalogue()
      .filter(({ view }) => views[entity].includes(view))
      .map(({ name, unit }) => ({ name, unit, value: values[name] ?? null })),
  };
}

async function pseudonymOf(user: string): Promise<string> {
  const secret = await openSecretStore().read(resourceNamed('PSEUDONYM_SECRET'));
  return pseudonymise(parseKeyRing(secret), user);
}

type Found = Pick<Shown, 'id' | 'found' | 'facts'> & { readonly entities: FeatureEntities };

async function found(
  store: OnlineStore,
  entity: ShownEntity,
  id: string,
  product: string | null,
  at: number,
): Promise<Found> {
  if (entity === 'user') return userShown(store, await pseudonymOf(id));
  if (entity === 'product') return productShown(store, id);
  return visitorShown(store, id, product, at);
}

async function productShown(store: OnlineStore, id: string): Promise<Found> {
  const item = (await store.read([productItemKey(id)])).get(productItemKey(id));
  return {
    id,
    found: item !== undefined,
    facts: {},
    entities: {
      visitor: null,
      user: null,
      product: item === undefined ? null : productFromItem(item),
    },
  };
}

async function userShown(store: OnlineStore, id: string): Promise<Found> {
  const item = (await store.read([userKey(id)])).get(userKey(id));
  const user = item === undefined ? null : userFromItem(item);
  return {
    id,
    found: user !== null,
    facts: user === null ? {} : { last_visitor: user.lastVisitor },
    entities: { visitor: null, user, product: null },
  };
}

async function visitorShown(
  store: OnlineStore,
  id: string,
  product: string | null,
  at: number,
): Promise<Found> {
  const keys = [visitorKey(id), ...(product === null ? [] : [productItemKey(product)])];
  const items = await store.read(keys);
  const item = items.get(visitorKey(id));
  const stored = item === undefined ? null : visitorFromItem(item);
  const visitor = stored === null || isForgotten(stored, at) ? null : stored;
  const linked = visitor?.user ?? null;
  const userItem =
    linked === null ? undefined : (await store.read([userKey(linked)])).get(userKey(linked));
  const productItem = product === null ? undefined : items.get(productItemKey(product));
  const { outOfOrder, ...counters } = visitor?.counters ?? { outOfOrder: 0 };
  return {
    id,
    found: visitor !== null,
    facts:
      visitor === null
        ? {}
        : {
            user: linked,
            session: currentSession(visitor, at) === null ? null : sessionId(id, visitor),
            newest_received: new Date(visitor.newestReceived).toISOString(),
            ...counters,
            out_of_order: outOfOrder,
            inhuman_sessions: visitor.inhumanSessions,
          },
    entities: {
      visitor,
      user: userItem === undefined ? null : userFromItem(userItem),
      product: productItem === undefined ? null : productFromItem(productItem),
    },
  };
}

function told({ entity, id, found, at, facts, features }: Shown): string {
  if (!found) return `${entity} ${id} was never seen, or is forgotten\n`;
  const text = (value: FeatureValue) => (value === null ? '-' : String(value));
  return [
    `${entity} ${id} at ${at}\n`,
    alignedTable(Object.entries(facts).map(([name, value]) => [name, text(value)])),
    alignedTable(features.map(({ name, value, unit }) => [name, text(value), unit])),
  ].join('\n');
}

const HEADINGS = ['feature', 'view', 'window', 'unit', 'nothing', 'computed by', '', 'definition'];

function listed(entry: CatalogueEntry): string[] {
  return [
    entry.name,
    entry.view,
    entry.window,
    entry.unit,
    entry.null_rule === 'zero' ? '0' : 'missing',
    entry.computed_by,
    entry.online_only ? 'online only' : '',
    entry.digest.slice(0, 12),
  ];
}
