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
