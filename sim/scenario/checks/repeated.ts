/** Names that come a second time. */

/** The first place where a name comes a second time is where the complaint belongs. */
export function repeated(names: readonly (string | undefined)[]): readonly number[] {
  const seen = new Set<string>()
  const places: number[] = []
  for (const [i, name] of names.entries()) {
    if (name === undefined) continue
    if (seen.has(name)) places.push(i)
    seen.add(name)
  }
  return places
}
