/**
 * `pools-d678140`: PR 432, third commit.
 * It took pool fields out of the public capacity feed and pinned its switch by tests.
 * It routes as the second commit does: one strict test, sticky labels, no reassignment.
 * Here it differs by its name only, so that what reviewers said of it can be replayed under it.
 * Providers default to one slot.
 */
import { commitOf432 } from './pull-request-432.ts'
import { SECOND } from './pools-1a5822c.ts'

export const poolsD678140 = commitOf432({
  ...SECOND,
  name: 'pools-d678140',
  about: 'PR 432, third commit: routes as pools-1a5822c',
})
