/** How much of a prompt an ideal cache of everything recent would have held: its leading blocks that were seen before. */

/** Ten million rows bring more blocks than any memory holds; a fleet holds fewer than this. */
const CAPACITY = 2 ** 20

export class SeenBlocks {
  readonly capacity = CAPACITY
  /** Something was forgotten to make room. */
  forgot = false
  /** In order of last use. */
  private readonly seen = new Set<unknown>()

  constructor(private readonly block: number) {}

  /** Tokens of the prompt that were there before it; its blocks are there from now on. */
  hit(hashes: readonly unknown[], promptTokens: number): number {
    let leading = 0
    while (leading < hashes.length && this.seen.has(hashes[leading])) leading += 1
    for (const hash of hashes) {
      this.seen.delete(hash)
      this.seen.add(hash)
    }
    for (const oldest of this.seen) {
      if (this.seen.size <= CAPACITY) break
      this.seen.delete(oldest)
      this.forgot = true
    }
    return Math.min(promptTokens, leading * this.block)
  }
}
