import type { Command } from 'commander';
import { openOnlineStore } from '#adapters/online-store';
import { resourceNamed } from '../local/environment.ts';
import { openModels } from '../local/models.ts';
import { hasCartRule } from '../shared/domain/has-cart-rule.ts';
import { interval } from '../shared/domain/model-card.ts';
import { verifyFolder } from '../shared/domain/model-folder.ts';
import {
  type ModelStores,
  promoteModel,
  readModel,
  readRouting,
} from '../shared/domain/publish-model.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import type { RegistryEntry } from '../shared/ports.ts';
import type { MetricInterval } from '../shared/schemas/model.ts';
import type { Routing } from '../shared/schemas/routing.ts';

export function register(program: Command): void {
  const models = program.command('models').description('registered versions and which one serves');
  models
    .command('list')
    .description('the versions of a model, the newest first')
    .argument('<name>', 'propensity')
    .option('--json', 'one JSON document')
    .action(list);
  models
    .command('show')
    .description('the card of a version')
    .argument('<name>', 'propensity')
    .argument('<version>')
    .option('--json', 'its manifest instead')
    .action(show);
  models
    .command('promote')
    .description('let a version serve; what served before is kept as previous')
    .argument('<name>', 'propensity')
    .argument('<version>')
    .option('--json', 'print the new routing as JSON')
    .action(promote);
}

const onlineStore = () => openOnlineStore(resourceNamed('ONLINE_TABLE'));

async function list(name: string, flags: { readonly json?: boolean }): Promise<void> {
  const stores = openModels();
  const [entries, routing] = [
    await stores.registry.list(name),
    await readRouting(name, onlineStore()),
  ];
  const listed = await Promise.all(
    entries.map(async (entry) => ({
      ...entry,
      serves_as: roleOf(entry.version, routing),
      ...(await measured(entry, stores)),
    })),
  );
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ routing, versions: listed })}\n`);
    return;
  }
  for (const { version, status, serves_as, auc_weighted, unusable, registeredAt } of listed)
    process.stdout.write(
      `${version}  ${(serves_as ?? status).padEnd(10)} ${unusable ?? `AUC ${interval(auc_weighted)}`}  ${registeredAt}\n`,
    );
  if (routing === null)
    process.stdout.write(`none is promoted: the has-cart rule ${hasCartRule().version} serves\n`);
}

/** Read off the routing, never stored. */
function roleOf(version: string, routing: Routing | null): string | null {
  if (routing?.champion === version) return 'champion';
  if (routing?.challenger === version) return 'challenger';
  if (routing?.shadows.includes(version)) return 'shadow';
  return routing?.previous === version ? 'previous' : null;
}

/** A damaged version is listed with what is wrong, so that the others can still be seen. */
async function measured(
  { name, version }: RegistryEntry,
  stores: ModelStores,
): Promise<{ auc_weighted?: MetricInterval | undefined; unusable?: string }> {
  try {
    const { folder } = await readModel(name, version, definitionDigests(), stores);
    return { auc_weighted: verifyFolder(folder).metrics['auc_weighted'] };
  } catch (error) {
    if (!UNUSABLE.has((error as Error).name)) throw error;
    return { unusable: (error as Error).message };
  }
}

const UNUSABLE = new Set(['ModelDigestMismatch', 'ModelNotFound', 'UnusableModel']);

async function show(
  name: string,
  version: string,
  flags: { readonly json?: boolean },
): Promise<void> {
  const { folder } = await readModel(name, version, definitionDigests(), openModels());
  process.stdout.write(flags.json ? folder.manifest : folder.card);
}

async function promote(
  name: string,
  version: string,
  flags: { readonly json?: boolean },
): Promise<void> {
  const { model } = await readModel(name, version, definitionDigests(), openModels());
  const routing = await promoteModel(model, onlineStore());
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(routing)}\n`
      : `${name} ${version} serves within 2 seconds; before it ${routing.previous ?? `the has-cart rule ${hasCartRule().version}`}\n`,
  );
}
