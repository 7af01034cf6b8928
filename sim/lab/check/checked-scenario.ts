/** A scenario to make runs of: loaded with settings, and its expectations are such as can be judged once they are done. */
import { fail, type Result } from '../../base/result.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { loadWithSettings } from '../runs/job.ts'
import type { Files } from '../runs/ports.ts'
import { expectationProblems } from './expectation-problems.ts'

export async function checkedScenario(
  path: string,
  settings: readonly string[],
  files: Files,
): Promise<Result<LoadedScenario>> {
  const loaded = await loadWithSettings(path, settings, files)
  if (!loaded.ok) return loaded
  const wrong = expectationProblems(loaded.value)
  return wrong.length > 0 ? fail(wrong) : loaded
}
