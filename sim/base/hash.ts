/**
 * A draw that depends on nothing but its arguments: the same (seed, request, attempt) gives the same number whatever
 * else the run drew before. Used where the real coordinator breaks ties at random; a stream would make one request's
 * luck depend on how many ties came before it.
 *
 * Two 32-bit lanes with different constants, each absorbing one 32-bit word at a time by xor, multiply and xor-shift
 * (the construction of MurmurHash3, with its finaliser); together they fill the 53 bits of a double.
 */

/** Mixes all bits of a 32-bit word into all others (MurmurHash3's fmix32). */
function scramble(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return h ^ (h >>> 16)
}

/** Uniform in [0, 1) with 53 bits. Arguments are integers of magnitude below 2^53; their order and number matter. */
export function hashDraw(seed: number, ...parts: readonly number[]): number {
  let a = 0x9e37_79b9
  let b = 0x243f_6a88
  for (let i = -1; i < parts.length; i++) {
    const part = i < 0 ? seed : parts[i]!
    const low = part | 0
    const high = Math.floor(part / 0x1_0000_0000) | 0
    a = scramble(Math.imul(scramble(a ^ low) + high, 5) + 0x3c6e_f372)
    b = scramble(Math.imul(scramble(b + low) ^ high, 9) + 0x1319_8a2e)
  }
  a = scramble(a ^ parts.length)
  b = scramble(b + a)
  return ((a >>> 5) * 0x400_0000 + (b >>> 6)) / 0x20_0000_0000_0000
}
