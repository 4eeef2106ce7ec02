import type { DuckDBConnection } from '@duckdb/node-api';
import { sampledNumbers } from '../../shared/domain/clv-sample.ts';
import { noLines, type OrderBook, OrderBookDraft } from '../../shared/domain/orders/order-book.ts';

export interface OrderReader {
  /** The customers numbered from..to-1, with all their orders. */
  part(from: number, to: number): Promise<OrderBook>;
  /**
   * About this many customers, evenly out of all, with all their orders: the same seed names the same
   * ones. All where they are no more.
   */
  sample(count: number, seed: number): Promise<OrderBook>;
  close(): void;
}

/**
 * Opens a store of order lines for reading; several readers may at once.
 * @param file of `storeOrders`
 */
export async function openOrderStore(file: string): Promise<OrderReader> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(file, {
    access_mode: 'READ_ONLY',
    memory_limit: '500MB',
    threads: '1',
  });
  const connection = await instance.connect();
  return {
    part: (from, to) =>
      linesWhere(connection, `customer_number >= ${from} AND customer_number < ${to}`),
    async sample(count, seed) {
      const asked = await connection.runAndReadAll('SELECT count(*)::INTEGER FROM customers');
      const [customers] = asked.getRows()[0] as [number];
      const chosen = sampledNumbers(customers, count, seed);
      return linesWhere(
        connection,
        chosen.length === customers
          ? 'true'
          : `customer_number IN (SELECT unnest([${chosen.join(', ')}]))`,
      );
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** @param condition on `customer_number` */
async function linesWhere(connection: DuckDBConnection, condition: string): Promise<OrderBook> {
  const named = await connection.runAndReadAll(
    `SELECT customer_number, customer FROM customers WHERE ${condition}`,
  );
  const ids = new Map(named.getRows() as [number, string][]);
  const counts = noLines();
  const draft = new OrderBookDraft(counts);
  // Of a large table not even one thread reads all customers in the order in which they were written.
  const result = await connection.stream(
    `SELECT customer_number, order_id, time, product, quantity, value, cancels, country
     FROM order_lines WHERE ${condition} ORDER BY customer_number, time, rowid`,
  );
  for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
    const rows = chunk.rowCount;
    counts.rows += rows;
    const [numbers, orders, times, products, quantities, values, cancels] = [
      0, 1, 2, 3, 4, 5, 6,
    ].map((column) => chunk?.getColumnValues(column)) as [
      number[],
      string[],
      number[],
      (string | null)[],
      number[],
      number[],
      boolean[],
    ];
    const countries = chunk.getColumnVector(7);
    let [number, customer, country] = [-1, '', null as string | null];
    for (let row = 0; row < rows; row++) {
      if (numbers[row] !== number) {
        number = numbers[row] as number;
        customer = ids.get(number) as string;
        // Only that of a customer's first line is looked at.
        country = countries.getItem(row) as string | null;
      }
      draft.add({
        customer,
        order: orders[row] as string,
        at: times[row] as number,
        product: products[row] as string | null,
        quantity: quantities[row] as number,
        value: values[row] as number,
        cancels: cancels[row] as boolean,
        country,
      });
    }
  }
  return draft.finish();
}
