/** The identity of a scenario, written in pieces: the same as that of the whole text at once. */
import { expect, it } from 'vitest'
import { canonicalDigest, digestOf } from '../../../sim/scenario/reading/digest.ts'

/** In one piece, as plainly as it can be said. */
function plain(value: unknown, standsFor: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return standsFor.get(value) ?? value
  if (Array.isArray(value)) return value.map((item: unknown) => plain(item, standsFor))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== 'function')
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, plain(item, standsFor)])
}

it('hashes the canonical text, however long, nested or shared its parts', () => {
  const shared = { name: 'é "quoted"', list: [1, -0, undefined, null, true], inner: { z: 1, a: { b: [] } } }
  const value = {
    z: 'trace.csv',
    a: undefined,
    f: () => 1,
    machines: Array.from({ length: 3_000 }, (_, i) => ({ serial: `mac-${i}`, chip: shared, more: [shared, [shared]] })),
    empty: [[], {}],
  }
  const standsFor = new Map([['trace.csv', 'sha256:1']])
  expect(canonicalDigest(value, standsFor)).toBe(digestOf(JSON.stringify(plain(value, standsFor))))
})
