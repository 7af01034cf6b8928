/** Whose turn is next among many who each have a time: a binary heap of (time, index), of two at one time the lower index. */
export class Turns {
  private readonly times: number[] = []
  private readonly members: number[] = []

  /** Infinity when nobody has a turn. */
  get nextAt(): number {
    return this.times[0] ?? Infinity
  }

  /** Whose turn it is at `nextAt`; there must be one. */
  get next(): number {
    return this.members[0]!
  }

  add(time: number, member: number): void {
    let place = this.times.length
    this.times.push(time)
    this.members.push(member)
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.isBefore(place, parent)) return
      this.swap(place, parent)
      place = parent
    }
  }

  /** Takes away the one whose turn it is. */
  remove(): number {
    const member = this.members[0]!
    const last = this.times.length - 1
    this.swap(0, last)
    this.times.pop()
    this.members.pop()
    let place = 0
    for (;;) {
      let first = 2 * place + 1
      if (first >= last) return member
      if (first + 1 < last && this.isBefore(first + 1, first)) first += 1
      if (!this.isBefore(first, place)) return member
      this.swap(first, place)
      place = first
    }
  }

  private isBefore(a: number, b: number): boolean {
    const [at, bt] = [this.times[a]!, this.times[b]!]
    return at < bt || (at === bt && this.members[a]! < this.members[b]!)
  }

  private swap(a: number, b: number): void {
    const [time, member] = [this.times[a]!, this.members[a]!]
    this.times[a] = this.times[b]!
    this.members[a] = this.members[b]!
    this.times[b] = time
    this.members[b] = member
  }
}
