/** Lines of a made-up file under the header of "Online Retail II". */
export const HEADER =
  'Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country';
/** The header of "Online Retail", whose customers end in `.0`. */
export const OTHER_HEADER =
  'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

export function row(
  invoice: string,
  { code = '22423', quantity = 1, date = '2010-01-05', price = '2.50', customer = '1' } = {},
): string {
  return `${invoice},${code},"CAKESTAND, 3 TIER",${quantity},${date} 10:00:00,${price},${customer},France`;
}
