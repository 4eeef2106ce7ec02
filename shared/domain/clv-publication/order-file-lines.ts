import { type PseudonymKeyRing, pseudonymise } from '../identity.ts';
import type { OrderLine } from '../orders/order-line.ts';
import type { GatheredLine } from './gathered-orders.ts';

/**
 * Lines of an order file as the lake keeps them. Equal lines are numbered within their file, so that
 * one that stands n times here and m times in another file counts max(n, m) times.
 * @returns a function of the file's lines, one after another
 */
export function orderFileLines(ring: PseudonymKeyRing): (line: OrderLine) => GatheredLine {
  const seen = new Map<string, number>();
  const pseudonyms = new Map<string, string>();
  return (line) => {
    const { customer: id, order, at, product, quantity, value } = line;
    const customer = pseudonyms.get(id) ?? pseudonymise(ring, id);
    pseudonyms.set(id, customer);
    const same = `${customer}|${order}|${at}|${product}|${quantity}|${value}`;
    const place = (seen.get(same) ?? 0) + 1;
    seen.set(same, place);
    return { key: `${same}|${place}`, changed: '', line: { ...line, customer } };
  };
}
