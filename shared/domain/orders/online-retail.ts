import { decimal, timestamp } from './cell-values.ts';
import type { OrderFormat } from './order-line.ts';

/** Stock codes that are fees, postage, discounts, adjustments and donations. */
const NO_PRODUCT = new Set([
  'POST',
  'DOT',
  'M',
  'D',
  'C2',
  'S',
  'B',
  'BANK CHARGES',
  'AMAZONFEE',
  'ADJUST',
  'PADS',
  'TEST001',
  'CRUK',
]);
const VOUCHER = /^GIFT_/;

/** "Online Retail" and "Online Retail II" of the UCI repository, under both their headers. */
export const onlineRetail: OrderFormat = {
  columns: [
    ['Invoice', 'InvoiceNo'],
    ['StockCode'],
    ['Quantity'],
    ['InvoiceDate'],
    ['Price', 'UnitPrice'],
    ['Customer ID', 'CustomerID'],
    ['Country'],
  ],
  line([
    invoice = '',
    stockCode = '',
    units = '',
    date = '',
    unitPrice = '',
    id = '',
    country = '',
  ]) {
    const customer = id.trim().replace(/\.0$/, '');
    const order = invoice.trim();
    const at = timestamp(date);
    const [quantity, price] = [decimal(units), decimal(unitPrice)];
    if (at === null) return { dropped: 'unreadable_date' };
    if (quantity === null) return { dropped: 'unreadable_quantity' };
    if (price === null) return { dropped: 'unreadable_price' };
    if (customer === '') return { dropped: 'no_customer' };
    const cancels = /^C/i.test(order);
    if (price <= 0) return { dropped: 'price_not_above_0' };
    if (cancels ? quantity >= 0 : quantity <= 0)
      return { dropped: cancels ? 'cancellation_of_nothing' : 'stock_adjustment' };
    const code = stockCode.trim().toUpperCase();
    const bought = Math.abs(quantity);
    return {
      customer,
      order,
      at,
      product: NO_PRODUCT.has(code) || VOUCHER.test(code) ? null : code,
      quantity: bought,
      value: bought * price,
      cancels,
      country: country.trim() || null,
    };
  },
};
