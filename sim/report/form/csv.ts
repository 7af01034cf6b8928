/** CSV as RFC 4180 has it: quotes only where needed, doubled inside, CRLF spared for LF because every reader takes it and diffs stay readable. */

export type CsvValue = string | number | boolean | null | undefined

function field(value: CsvValue): string {
  if (value === null || value === undefined) return ''
  const text = String(value)
  // Nothing in a number or a truth value needs quotes, and the largest tables are made of them.
  if (typeof value !== 'string') return text
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvLine = (values: readonly CsvValue[]): string => `${values.map(field).join(',')}\n`

export function formatCsv(head: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return csvLine(head) + rows.map(csvLine).join('')
}
