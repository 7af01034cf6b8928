/**
 * Maps by names that people choose. A plain object finds `constructor` in every map and loses `__proto__`; one without a
 * prototype holds the names it was given and no others. Schemas drop the key `__proto__` on purpose, so for the time of
 * their work it goes by another spelling.
 */

export interface ByName<T> {
  readonly [name: string]: T
}

/** No name can be this: names hold no control characters. */
const STAND_IN = '\u0000__proto__'
const REAL = '__proto__'

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Plain data with every key `__proto__` spelt otherwise; the same data when there is none. */
export function withStandIns<T>(data: T): T {
  // Aliases of YAML make one object appear in many places.
  const known = new Map<object, unknown>()
  const visit = (value: unknown): unknown => {
    if (!isContainer(value)) return value
    if (known.has(value)) return known.get(value)
    known.set(value, value)
    const changed = Array.isArray(value) ? changedList(value, visit) : changedMap(value, visit)
    known.set(value, changed)
    return changed
  }
  return visit(data) as T
}

function changedList(list: readonly unknown[], visit: (value: unknown) => unknown): unknown {
  const changed = list.map(visit)
  return changed.some((value, i) => value !== list[i]) ? changed : list
}

function changedMap(map: object, visit: (value: unknown) => unknown): unknown {
  const entries = Object.entries(map)
  const changed = entries.map(([key, value]) => [key === REAL ? STAND_IN : key, visit(value)] as const)
  const isChanged = changed.some(([key, value], i) => key !== entries[i]![0] || value !== entries[i]![1])
  return isChanged ? Object.fromEntries(changed) : map
}

/** Text in which names may stand, as people wrote them. */
export const withRealNames = (text: string): string => text.replaceAll(STAND_IN, REAL)
/** The same inside JSON, which spells control characters out. */
export const withRealNamesInJson = (text: string): string =>
  text.replaceAll(JSON.stringify(STAND_IN), JSON.stringify(REAL))

export function withoutPrototype<T>(map: { readonly [name: string]: T }): ByName<T> {
  return byNameFrom(Object.entries(map).map(([key, value]): readonly [string, T] => [withRealNames(key), value]))
}

export function byNameFrom<T>(entries: Iterable<readonly [string, T]>): ByName<T> {
  const map = Object.create(null) as { [name: string]: T }
  for (const [key, value] of entries) map[key] = value
  return map
}
