/** One JSON document for people and programs: objects are indented, a list of plain values stays on one line (a series has thousands). */

const isPlain = (value: unknown): boolean => value === null || typeof value !== 'object'

function format(value: unknown, indent: string): string {
  if (isPlain(value)) return JSON.stringify(value) ?? 'null'
  const deeper = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    if (value.every(isPlain)) return `[${value.map((entry) => format(entry, '')).join(', ')}]`
    return `[\n${value.map((entry) => deeper + format(entry, deeper)).join(',\n')}\n${indent}]`
  }
  const entries = Object.entries(value as object).filter(([, entry]) => entry !== undefined)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([key, entry]) => `${deeper}${JSON.stringify(key)}: ${format(entry, deeper)}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
}

/** Ends with a newline. Keys keep their order; `undefined` members are left out, as JSON.stringify does. */
export const formatJson = (value: unknown): string => `${format(value, '')}\n`
