/**
 * The order of files. Vitest begins with what took longest the last time; in a fresh clone it knows no last time and goes by the size
 * of files, so the short ones that run every scenario would come last, one core busy and the other idle. They are named here.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BaseSequencer, type TestSpecification, type Vitest } from 'vitest/node'

const LONG = [
  'test/scenarios.test.ts',
  'test/cli/queue/queue.test.ts',
  'test/incidents.test.ts',
  'test/evidence/validate/validate.test.ts',
  'test/cli/interrupt.test.ts',
]

const last = ({ moduleId }: TestSpecification): number => Number(!LONG.some((name) => moduleId.endsWith(`/${name}`)))

export class LongestFirst extends BaseSequencer {
  constructor(vitest: Vitest) {
    super(vitest)
    const gone = LONG.find((name) => !existsSync(join(vitest.config.root, name)))
    if (gone !== undefined) throw new Error(`${gone} is not there any more; test/longest-first.ts names it`)
  }

  /** Projects stay together: a thread is handed on from file to file of one, with its modules and its browser. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const projects = [...new Set(sorted.map(({ project }) => project))]
    return projects.flatMap((project) =>
      sorted.filter((each) => each.project === project).toSorted((a, b) => last(a) - last(b)),
    )
  }
}
