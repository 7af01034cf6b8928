/**
 * Long tests have a short form, which guards in `npm test`, and a long one in `npm run test:slow`: the same claims over many
 * more cases. Whoever imports this belongs to the slow tier as well.
 */
import { inject } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Absent: the short forms. */
    readonly tier?: 'slow'
  }
}

export const isSlowTier = inject('tier') === 'slow'

const SLOW_FACTOR = 20

/** Cases of a property. Seeds that a test fixes give the short form's cases first. */
export const casesOf = (quick: number, slow = quick * SLOW_FACTOR): number => (isSlowTier ? slow : quick)

/** For a test of many cases: on a busy machine two minutes, in the slow tier as long as it takes. */
export const PATIENCE_MS = isSlowTier ? 6 * 3_600_000 : 120_000
