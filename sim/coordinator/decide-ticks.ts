/**
 * The warm pool's part of a written state: its events played on the same fleet anew, before any request, and the plan of
 * each tick. A seam: whoever fills it brings the warm pool's own controller to life over a `decidedFleet`, with a clock
 * that follows `events`, and answers with one entry per tick.
 */
import type { DecideOptions } from './decide-fleet.ts'
import type { DecideDocument, DecideTick } from './decide-format.ts'

/** undefined: not answered. */
export function ticksOf(_document: DecideDocument, _options: DecideOptions): readonly DecideTick[] | undefined {
  return undefined
}
