/** Colours of arms: fixed by name, and told apart by every kind of sight in both themes. */
import { readFileSync } from 'node:fs'
import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  wcagContrast,
} from 'culori'
import { describe, expect, it } from 'vitest'
import { builtinPolicies } from '../../../sim/policy/index.ts'
import { armColour, armLook } from '../../../ui/parts/colours.ts'

const css = readFileSync('ui/style/base.css', 'utf8')
const [light, dark] = css.split(':root[data-theme="dark"]')

const value = (theme: string, name: string): string => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(theme)[1]

const SIGHTS = {
  normal: (hex: string) => hex,
  protan: filterDeficiencyProt(1),
  deutan: filterDeficiencyDeuter(1),
  tritan: filterDeficiencyTrit(1),
} as const

const themes = [
  ['light', light],
  ['dark', dark],
] as const

const PLACES = [0, 1, 2, 3, 4, 5, 6, 7]
const pairs = PLACES.flatMap((a) => PLACES.filter((b) => b > a).map((b) => [a, b] as const))

describe('colours of arms', () => {
  it.each(
    themes.flatMap(([name, theme]) => Object.entries(SIGHTS).map(([sight, seen]) => ({ name, theme, sight, seen }))),
  )('differ by 10 or more, any two of eight, in the $name theme to $sight sight', ({ theme, seen }) => {
    const difference = differenceCiede2000()
    const near = pairs
      .map(([a, b]) => [a, b, difference(seen(value(theme, `arm${a}`)), seen(value(theme, `arm${b}`)))])
      .filter(([, , apart]) => !(apart >= 10))
    expect(near).toEqual([])
  })

  it.each(themes)('have a contrast of 3 on panel and page in the %s theme', (_, theme) => {
    for (const place of PLACES)
      for (const ground of ['panel', 'bg'])
        expect(wcagContrast(value(theme, `arm${place}`), value(theme, ground))).toBeGreaterThanOrEqual(3)
  })

  it('are of the name: the order in which arms are given moves no built-in', () => {
    const arms = ['open', 'pools-afe8135', 'pools', 'pools-no-floor']
    const turned = arms.toReversed()
    for (const arm of arms) expect(armColour(arm, turned)).toBe(armColour(arm, arms))
  })

  it('leave a built-in its colour whatever stands beside it', () => {
    for (const own of ['soft', 'a', 'zzz'])
      expect(armColour('pools', [own, 'pools'])).toBe(armColour('pools', ['pools', own, 'open']))
  })

  it('are eight for any eight arms, and more are told apart by their dashes', () => {
    const arms = [...builtinPolicies.map(({ name }) => name), 'mine', 'yours']
    for (let from = 0; from + 8 <= arms.length; from += 1) {
      const eight = arms.slice(from, from + 8)
      expect(new Set(eight.map((arm) => armColour(arm, eight))).size).toBe(8)
      expect(eight.map((arm) => armLook(arm, eight).dash).join('')).toBe('')
    }
    const looks = arms.map((arm) => armLook(arm, arms))
    expect(new Set(looks.map(({ colour, dash }) => `${colour} ${dash}`)).size).toBe(arms.length)
  })

  it('know every built-in policy', () => {
    for (const { name } of builtinPolicies)
      expect(armColour(name, ['first', 'second', 'third', name]), name).toBe(armColour(name, [name]))
  })
})
