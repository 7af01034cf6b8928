/** Which of the files that `check` was pointed at it is to check. Never none: a check of nothing would pass. */
import { basename, isAbsolute, relative, sep } from 'node:path'
import { suggestion } from '../../scenario/reading/suggestion.ts'
import { refuse } from '../exit.ts'
import { type ScenarioPaths, scenarioPaths } from '../files/scenario-paths.ts'

export interface CheckedPaths extends Omit<ScenarioPaths, 'loops'> {
  readonly leftOut: readonly string[]
}

const literal = (part: string): string => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** Anywhere in the path; `*` stands for anything, and nothing else is special. */
function matcher(pattern: string): (path: string) => boolean {
  const expression = new RegExp(pattern.split('*').map(literal).join('.*'), 's')
  return (path) => expression.test(path)
}

/** What a filter looks at: the path as it is shown, but not the folders that an absolute one happens to lie in. */
function filtered(path: string, given: readonly string[]): string {
  if (!isAbsolute(path)) return path
  const folder = given.find((each) => path.startsWith(each.endsWith(sep) ? each : each + sep))
  return folder === undefined ? basename(path) : relative(folder, path)
}

export async function pathsToCheck(
  paths: readonly string[],
  filter: string | undefined,
  note: (text: string) => void,
): Promise<CheckedPaths> {
  const { found, skipped, orphans, loops } = await scenarioPaths(paths)
  for (const loop of loops) note(`${loop}: links back to a folder it is in; not followed again`)
  if (found.length === 0 && orphans.length === 0) {
    for (const { file, why } of skipped) note(`skip ${file}: ${why}`)
    refuse(`${paths.join(', ')}: no scenario file with expect: in there`)
  }
  if (filter === undefined) return { found, skipped, orphans, leftOut: [] }
  const matches = matcher(filter)
  const isMeant = (path: string): boolean => matches(filtered(path, paths))
  const meant = found.filter(isMeant)
  if (meant.length === 0) {
    const names = found.map((path) => basename(path).replace(/\.\w+$/, ''))
    refuse(
      `--filter ${filter}: is in the path of none of ${found.length} scenarios; ${suggestion(filter, names, 'scenarios')}`,
    )
  }
  return {
    found: meant,
    skipped: skipped.filter(({ file }) => isMeant(file)),
    orphans: orphans.filter(isMeant),
    leftOut: found.filter((path) => !isMeant(path)),
  }
}
