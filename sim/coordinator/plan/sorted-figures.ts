/** Numbers kept in order while some come and others go, so that their median is there without sorting them anew. */

const FIRST_ROOM = 64

export class SortedFigures {
  private values = new Float64Array(FIRST_ROOM)
  private count = 0

  clear(): void {
    this.count = 0
  }

  add(value: number): void {
    if (this.count === this.values.length) {
      const wider = new Float64Array(this.count * 2)
      wider.set(this.values)
      this.values = wider
    }
    const place = this.placeOf(value)
    this.values.copyWithin(place + 1, place, this.count)
    this.values[place] = value
    this.count += 1
  }

  /** One that was added. */
  remove(value: number): void {
    const place = this.placeOf(value)
    this.values.copyWithin(place, place + 1, this.count)
    this.count -= 1
  }

  /** Another in the place of one that was added; mostly it is the same. */
  replace(before: number, value: number): void {
    if (value === before) return
    this.remove(before)
    this.add(value)
  }

  /** As the real code takes it: the middle one, the mean of the middle two; 0 of nothing. */
  get median(): number {
    const { values, count } = this
    if (count === 0) return 0
    const middle = count >> 1
    return count % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
  }

  /** Of the first that is not below it. */
  private placeOf(value: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.values[middle]! < value) low = middle + 1
      else high = middle
    }
    return low
  }
}
