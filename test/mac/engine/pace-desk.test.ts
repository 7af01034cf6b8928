import { describe, expect, it } from 'vitest'
import { FULL_PACE, type Pace } from '../../../sim/mac/engine/law/pace.ts'
import { PaceDesk } from '../../../sim/mac/engine/law/pace-desk.ts'

function aDesk(): { readonly desk: PaceDesk; readonly last: () => Pace } {
  const paces: Pace[] = [FULL_PACE]
  return { desk: new PaceDesk((pace) => void paces.push(pace)), last: () => paces.at(-1)! }
}

const BLAME = [{ culprit: 'gpt-oss-20b', weight: 1 }]

describe('the pace', () => {
  it('is put together from what each source said last', () => {
    const { desk, last } = aDesk()
    desk.memory(340, BLAME)
    desk.process(110, 200)
    desk.heat(80, BLAME)
    desk.memory(100, [])
    expect(last()).toEqual({
      ...FULL_PACE,
      processDecode_pct: 110,
      processPrefill_pct: 200,
      speed_pct: 80,
      heatBlame: BLAME,
    })
  })

  it('multiplies a slow machine into the layer of other processes, in either order', () => {
    const { desk, last } = aDesk()
    desk.slow(0.2)
    expect(last()).toEqual({ ...FULL_PACE, processDecode_pct: 500, processPrefill_pct: 500 })
    desk.process(110, 200)
    expect(last()).toMatchObject({ processDecode_pct: 550, processPrefill_pct: 1000 })
    desk.slow(1)
    expect(last()).toMatchObject({ processDecode_pct: 110, processPrefill_pct: 200 })
    desk.process(100, 100)
    expect(last()).toEqual(FULL_PACE)
  })
})
