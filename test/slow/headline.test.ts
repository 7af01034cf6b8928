/** The headline scenarios meet their expectations over all their seeds: `npm run study:headline`, file by file. */
import { describe, expect, it } from 'vitest'
import { complaintsAbout, scenarioPaths } from '../shipped-scenarios.ts'

const headline = scenarioPaths.filter(([name]) => name.startsWith('headline/'))

describe('headline scenarios', () => {
  it('are there', () => expect(headline.length).toBeGreaterThan(5))

  it.each(headline)('%s meets its expectations', async (_, path) => {
    expect(await complaintsAbout(path)).toEqual([])
  })
})
