/** What a chart over time draws: values at even intervals from time 0, with a band around them if there is one. */
export type Values = readonly (number | null)[]

export interface ChartLine {
  readonly name: string
  /** CSS. */
  readonly colour: string
  readonly interval_s: number
  readonly values: Values
  /** Same places as the values. */
  readonly low?: Values
  readonly high?: Values
  readonly dashed?: boolean
}

/** Mean, least and most of several runs, place by place; a place without data in every run stays empty. */
export function bandOf(runs: readonly Values[]): {
  readonly mean: Values
  readonly low: Values
  readonly high: Values
} {
  const length = runs.reduce((most, values) => Math.max(most, values.length), 0)
  const mean: (number | null)[] = []
  const low: (number | null)[] = []
  const high: (number | null)[] = []
  for (let i = 0; i < length; i += 1) {
    const known = runs.map((values) => values[i] ?? null).filter((value) => value !== null)
    mean.push(known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length)
    low.push(known.length === 0 ? null : Math.min(...known))
    high.push(known.length === 0 ? null : Math.max(...known))
  }
  return { mean, low, high }
}

/** Sum of lists of values, place by place; null where all are. */
export function sumOf(lists: readonly Values[]): Values {
  const length = lists.reduce((most, values) => Math.max(most, values.length), 0)
  return Array.from({ length }, (_, i) =>
    lists.reduce<number | null>((sum, values) => {
      const value = values[i] ?? null
      return value === null ? sum : (sum ?? 0) + value
    }, null),
  )
}

/** Each line on top of those before it, as bands. */
export function stacked(lines: readonly ChartLine[]): readonly ChartLine[] {
  let below: Values = []
  return lines.map((line) => {
    const low = line.values.map((value, i) => (value === null ? null : (below[i] ?? 0)))
    const high = line.values.map((value, i) => (value === null ? null : (below[i] ?? 0) + value))
    below = high.map((value, i) => value ?? below[i] ?? 0)
    return { ...line, low, high }
  })
}

/** Most that any line reaches within a window; 0 when there is nothing. */
export function peakOf(lines: readonly ChartLine[], from_s: number, to_s: number): number {
  let peak = 0
  for (const { values, high, interval_s } of lines) {
    const first = Math.max(0, Math.floor(from_s / interval_s))
    const last = Math.min(values.length, Math.ceil(to_s / interval_s))
    for (let i = first; i < last; i += 1) peak = Math.max(peak, values[i] ?? 0, high?.[i] ?? 0)
  }
  return peak
}
