import { CustomerNotScored, InvalidRequest } from '../../errors.ts';
import type { OnlineStore } from '../../ports.ts';
import type { ClvAnswer } from '../../schemas/clv.ts';
import { shopId } from '../../schemas/text.ts';
import { type PseudonymKeyRing, pseudonymise } from '../identity.ts';
import { clvFromItem, clvKey } from './online-values.ts';

/**
 * The published value of a customer.
 * @param id the shop's: it becomes its pseudonym here and is kept nowhere
 * @throws InvalidRequest, CustomerNotScored, StoreUnavailable
 */
export async function answerCustomer(
  id: string | undefined,
  { store, keyRing }: { readonly store: OnlineStore; readonly keyRing: PseudonymKeyRing },
): Promise<ClvAnswer> {
  const parsed = shopId.safeParse(id);
  if (!parsed.success)
    throw new InvalidRequest(`id: ${parsed.error.issues[0]?.message ?? 'is no id'}`, 'id');
  const key = clvKey(pseudonymise(keyRing, parsed.data));
  const item = (await store.read([key])).get(key);
  if (item === undefined)
    throw new CustomerNotScored(
      'no value is published of this customer: it comes with the Monday after the first order',
    );
  return clvFromItem(item);
}
