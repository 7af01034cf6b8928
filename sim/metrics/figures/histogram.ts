/**
 * A histogram whose bins are the same fraction of their value everywhere, for samples too many to keep. The bin is read
 * off the bits of the double (exponent and the first seven bits of the fraction), integer arithmetic only: sketches
 * that take logarithms would differ between engines. A bin's width is 1/128 of its lower edge, so the value reported
 * for it, its middle, is within 0.4 % of every value in it.
 */

/** Fraction bits that tell bins apart: 2^7 = 128 bins per doubling. */
const FRACTION_BITS = 7
const SHIFT = 20 - FRACTION_BITS
/** Below 2^-10 counts as 0: a thousandth of a millisecond is no longer a time here. */
const LOWEST = 2 ** -10
const HIGHEST = 2 ** 40

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)

/** Sign, exponent and leading fraction bits of a positive double. */
function prefixOf(value: number): number {
  double[0] = value
  return words[1]! >>> SHIFT
}
const FIRST = prefixOf(LOWEST)
const BINS = prefixOf(HIGHEST) - FIRST + 1

/** Largest relative error of `at` against any value it stands for. */
export const HISTOGRAM_ERROR = 1 / 256

export class Histogram {
  /** Bin 0 holds what is below LOWEST. */
  private readonly counts = new Float64Array(BINS + 1)

  add(value: number): void {
    const bin = value < LOWEST ? 0 : Math.min(prefixOf(value) - FIRST + 1, BINS)
    this.counts[bin] = this.counts[bin]! + 1
  }

  /** Counts of the bins that hold something, ascending. */
  filled(): readonly (readonly [bin: number, count: number])[] {
    return Array.from(this.counts, (count, bin) => [bin, count] as const).filter(([, count]) => count > 0)
  }

  /** As `filled` wrote it. */
  static of(filled: readonly (readonly [bin: number, count: number])[]): Histogram {
    const histogram = new Histogram()
    for (const [bin, count] of filled) if (bin >= 0 && bin <= BINS) histogram.counts[bin] = count
    return histogram
  }

  /** The value of this 0-based rank in ascending order, up to HISTOGRAM_ERROR. */
  at(rank: number): number {
    let seen = 0
    for (let bin = 0; bin < this.counts.length; bin += 1) {
      seen += this.counts[bin]!
      if (seen > rank) return bin === 0 ? 0 : middleOf(bin - 1)
    }
    return HIGHEST
  }
}

function edgeOf(bin: number): number {
  words[0] = 0
  words[1] = (FIRST + bin) << SHIFT
  return double[0]!
}

const middleOf = (bin: number): number => (edgeOf(bin) + edgeOf(bin + 1)) / 2
