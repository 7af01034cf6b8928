/** Names that stand beside models: what Macs write is what results list. */
import { expect, it } from 'vitest'
import { OTHER_CULPRITS } from '../../sim/base/culprits.ts'
import { GHOSTS, NONE, PREFIX_HIT, PROCESS } from '../../sim/mac/engine/engine.ts'

it('whoever a Mac blames beside builds is among the culprits of a result, and nobody else', () => {
  expect([GHOSTS, PROCESS, PREFIX_HIT, NONE].toSorted()).toEqual(OTHER_CULPRITS.toSorted())
})
