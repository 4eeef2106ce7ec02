import type { DuckDBConnection } from '@duckdb/node-api';
import { type OrderBook, OrderCollector } from '../../shared/domain/orders/order-book.ts';

/**
 * Opens a store of order lines for reading; several readers may at once.
 * @param file of `storeOrders`
 */
export async function openOrderStore(file: string): Promise<{
  /** The customers numbered from..to-1, with all their orders. */
  part(from: number, to: number): Promise<OrderBook>;
  close(): void;
}> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(file, {
    access_mode: 'READ_ONLY',
    memory_limit: '500MB',
    threads: '1',
  });
  const connection = await instance.connect();
  return {
    part: (from, to) => partOf(connection, from, to),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function partOf(connection: DuckDBConnection, from: number, to: number): Promise<OrderBook> {
  // Overlaps of files and dates in the future are gone already.
  const collector = new OrderCollector({ files: 1, now: Number.POSITIVE_INFINITY });
  const result = await connection.stream(
    `SELECT customer, order_id, time, product, quantity, value, cancels, country FROM order_lines
     WHERE customer_number >= ${from} AND customer_number < ${to}`,
  );
  for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
    const [customers, orders, times, products, quantities, values, cancels, countries] =
      chunk.getColumns() as [
        string[],
        string[],
        number[],
        (string | null)[],
        number[],
        number[],
        boolean[],
        (string | null)[],
      ];
    for (let row = 0; row < chunk.rowCount; row++)
      collector.add({
        customer: customers[row] as string,
        order: orders[row] as string,
        at: times[row] as number,
        product: products[row] as string | null,
        quantity: quantities[row] as number,
        value: values[row] as number,
        cancels: cancels[row] as boolean,
        country: countries[row] as string | null,
      });
  }
  return collector.finish();
}
