/** What two scenarios differ in beside their arms, in a few lines; and an edit as an address carries it. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { edited, editOf } from '../../../ui/state/address.ts'
import { scenarioDifferences } from '../../../ui/worker/scenario-differences.ts'

describe('differences of scenarios', () => {
  it('are named by path, before and after, with what is absent', () => {
    expect(
      scenarioDifferences(
        'name: a\nduration: 1h\nfleet: [{count: 4}]\npolicies: [open]\nseeds: 1-3\n',
        'name: b\nduration: 2h\nfleet: [{count: 4}, {count: 1}]\npolicies: [pools]\nwarmup: 5m\n',
      ),
    ).toEqual(['duration "1h" → "2h"', 'fleet[1].count absent → 1', 'warmup absent → "5m"'])
  })

  it('are none where only arms, seeds, words and comments do', () => {
    expect(scenarioDifferences('# x\npolicies: [open]\nseed: 1\nabout: a\n', 'policies: [pools]\nseed: 2\n')).toEqual(
      [],
    )
  })

  it('are cut where there are many, and counted', () => {
    const many = Array.from({ length: 20 }, (_, i) => `k${i}: 1`).join('\n')
    const lines = scenarioDifferences('', many)
    expect(lines.length).toBe(9)
    expect(lines.at(-1)).toBe('12 more')
  })
})

describe('an edit in an address', () => {
  const text = fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'b', '\n', ':', 'é', '.') })

  test.prop([text, text])('brings back the text from what it was', (original, changed) => {
    const edit = editOf(original, changed)
    expect(edited(original, edit!)).toBe(changed)
  })

  it('is small where little changed, and none where too much did', () => {
    const long = 'x: 1\n'.repeat(5_000)
    expect(editOf(long, `${long.slice(0, 100)}y${long.slice(101)}`)!.length).toBeLessThan(12)
    expect(editOf('', long)).toBeUndefined()
  })

  it.each(['', 'a', '1.2', '-1.0.x', '1.1e3.x', '3.9.x'])('that is none is refused: %s', (edit) => {
    expect(edited('abc', edit)).toBeUndefined()
  })
})
