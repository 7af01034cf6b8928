/** Where names stand beside what they name, so that none lies over another: pure, in pixels. */

/**
 * Places on one axis, at least `gap` apart and within bounds, as near to where they are wanted as that allows. In the order
 * given; undefined where there is no room left for one: the first of the order go first.
 */
export function spread(
  wanted: readonly number[],
  gap: number,
  [from, to]: readonly [number, number],
): readonly (number | undefined)[] {
  const room = Math.max(0, Math.floor((to - from) / gap) + 1)
  const order = wanted
    .slice(0, room)
    .map((at, i) => ({ at, i }))
    .toSorted((a, b) => a.at - b.at || a.i - b.i)
  // Each less its place in the row: what then has to be is only that none lies before its neighbour.
  const blocks: { sum: number; count: number }[] = []
  for (const [place, { at }] of order.entries()) {
    let block = { sum: at - place * gap, count: 1 }
    for (let last = blocks.at(-1); last !== undefined; last = blocks.at(-1)) {
      if (last.sum / last.count <= block.sum / block.count) break
      block = { sum: last.sum + block.sum, count: last.count + block.count }
      blocks.pop()
    }
    blocks.push(block)
  }
  const latest = to - Math.max(0, order.length - 1) * gap
  const found: (number | undefined)[] = wanted.map(() => undefined)
  let place = 0
  for (const { sum, count } of blocks)
    for (let i = 0; i < count; i += 1, place += 1)
      found[order[place]!.i] = Math.max(from, Math.min(latest, sum / count)) + place * gap
  return found
}

export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export const overlap = (a: Box, b: Box): boolean =>
  a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height

const within = (inner: Box, outer: Box): boolean =>
  inner.left >= outer.left &&
  inner.top >= outer.top &&
  inner.left + inner.width <= outer.left + outer.width &&
  inner.top + inner.height <= outer.top + outer.height

export interface Mark {
  readonly x: number
  readonly y: number
  /** Of its name. */
  readonly width: number
}

/** A box for the name of each mark: to its right, its left, above or below; undefined where each of these is taken. */
export function beside(
  marks: readonly Mark[],
  height: number,
  distance: number,
  bounds: Box,
): readonly (Box | undefined)[] {
  const taken: Box[] = marks.map(({ x, y }) => ({
    left: x - distance / 2,
    top: y - distance / 2,
    width: distance,
    height: distance,
  }))
  return marks.map(({ x, y, width }) => {
    const middle = y - height / 2
    const places: readonly (readonly [number, number])[] = [
      [x + distance, middle],
      [x - distance - width, middle],
      [x + distance / 2, y - height - distance / 2],
      [x + distance / 2, y + distance / 2],
      [x - width - distance / 2, y - height - distance / 2],
      [x - width - distance / 2, y + distance / 2],
    ]
    const box = places
      .map(([left, top]): Box => ({ left, top, width, height }))
      .find((each) => within(each, bounds) && !taken.some((other) => overlap(each, other)))
    if (box !== undefined) taken.push(box)
    return box
  })
}
