/** The incidents happen again in the lab, in the direction and the size that their files claim. */
import { describe, expect, it } from 'vitest'
import { complaintsAbout, scenarioPaths } from './shipped-scenarios.ts'

describe('incidents', () => {
  it.each(scenarioPaths.filter(([name]) => name.startsWith('incidents/')))(
    '%s meets its expectations',
    async (_, path) => expect(await complaintsAbout(path)).toEqual([]),
  )
})
