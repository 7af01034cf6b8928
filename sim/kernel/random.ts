/**
 * Random numbers by name. Every purpose draws from a stream of its own (`demand/tenant-3/arrivals`, `mac/17/load`), so
 * that one more draw in one place shifts nothing elsewhere and two policies face the same requests.
 *
 * The generator is seedrandom's Alea: the fastest of its seven (about 80 M draws/s on our yardstick machine, half of
 * that with 53 bits), a period near 2^116, and plain + - * in doubles, hence the same bits in every engine. Always
 * `.double()`, 53 bits: with 32, 1 - u is zero-free but -ln(1 - u) never exceeds 22.2 and ties become common in
 * 10^5 draws. This is the only file that imports seedrandom.
 */
import alea, { type Alea } from 'seedrandom/lib/alea.js'
import { assert } from '../base/assert.ts'
import type { RandomSource, RandomStream } from './scheduler.ts'

/** Drawn ahead in one tight loop, which costs half of what single calls do. 512 bytes per stream. */
const BLOCK = 64
/** Most streams of a Mac are asked once or twice in a run; a large fleet has a million of them. */
const FIRST_BLOCK = 4
const NOTHING_DRAWN = new Float64Array(0)

class AleaStream implements RandomStream {
  private block = NOTHING_DRAWN
  private next = 0

  constructor(private readonly generator: Alea) {}

  uniform(): number {
    if (this.next === this.block.length) this.refill()
    return this.block[this.next++]!
  }

  below(n: number): number {
    assert(Number.isSafeInteger(n) && n > 0, 'random: below(n) needs a positive integer')
    // The bias of scaling 53 bits is n / 2^53: below one in a million million for every n we use.
    return Math.floor(this.uniform() * n)
  }

  private refill(): void {
    const size = this.block.length === 0 ? FIRST_BLOCK : BLOCK
    if (this.block.length !== size) this.block = new Float64Array(size)
    const { block, generator } = this
    for (let i = 0; i < size; i++) block[i] = generator.double()
    this.next = 0
  }
}

export class RandomStreams implements RandomSource {
  private readonly streams = new Map<string, RandomStream>()

  constructor(readonly seed: number) {
    assert(Number.isSafeInteger(seed) && seed >= 0, 'random: a seed is an integer from 0 to 2^53 - 1')
  }

  /** The same name gives the same stream object, which continues where it was. */
  stream(name: string): RandomStream {
    const known = this.streams.get(name)
    if (known !== undefined) return known
    // The slash keeps (1, "2/a") apart from (12, "/a"): a seed holds digits only.
    const created = new AleaStream(alea(`${this.seed}/${name}`))
    this.streams.set(name, created)
    return created
  }
}
