/** Which lane a span is drawn in, so that spans of one lane never overlap: the first free one, as few as there can be. */

interface Interval {
  readonly from: number
  readonly to: number
}

/** The lane of each span, from 0; spans are in the order of their beginnings. One may begin where another ends. */
export function lanesOf(spans: readonly Interval[]): readonly number[] {
  /** Lanes in use, the one that is free first at the end. */
  const busy: { readonly lane: number; readonly until: number }[] = []
  const free: number[] = []
  let lanes = 0
  return spans.map(({ from, to }) => {
    while (busy.length > 0 && busy.at(-1)!.until <= from) free.push(busy.pop()!.lane)
    const lane = free.pop() ?? lanes++
    busy.splice(placeFor(busy, to), 0, { lane, until: to })
    return lane
  })
}

/** Before the first that is free sooner; a search by halves, because a fleet that is overrun has thousands of lanes. */
function placeFor(busy: readonly { readonly until: number }[], until: number): number {
  let [low, high] = [0, busy.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (busy[middle]!.until > until) low = middle + 1
    else high = middle
  }
  return low
}
