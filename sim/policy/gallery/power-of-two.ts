/**
 * Two Macs by chance, and the better of both (Mitzenmacher): nearly as good as the best of all, and a herd of requests that
 * saw the same stale report does not fall upon one Mac.
 */
import { definePolicy, whole } from '../../plug/index.ts'

export const powerOfTwo = definePolicy({
  name: 'power-of-two',
  about: 'the cheaper of two Macs drawn by chance',
  parameters: { choices: whole(2, 'Macs drawn', { min: 1, max: 64 }) },
  pick(_request, candidates, draw, view) {
    // Macs that the coordinator itself would avoid (too slow, failed before) only when there are no others.
    const preferred = candidates.filter((candidate) => candidate.preferred)
    const among = preferred.length > 0 ? preferred : candidates
    let best = among[draw.below(among.length)]!
    for (let drawn = 1; drawn < view.parameters.choices; drawn++) {
      const other = among[draw.below(among.length)]!
      if (other.score < best.score) best = other
    }
    return best
  },
})
