/**
 * When to look at a growing number of seeds, and how sure each look must be so that all of them hold together: seeds double from look
 * to look, and the looks share the error (Bonferroni). Planned before the first run, so stopping at any of them is allowed.
 */

/** Numbers of seeds: `first`, twice as many, and so on, the last `most`. */
export function looksUpTo(first: number, most: number): readonly number[] {
  const looks: number[] = []
  for (let seeds = Math.min(first, most); seeds < most; seeds *= 2) looks.push(seeds)
  return [...looks, most]
}
