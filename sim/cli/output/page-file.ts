/** `--html FILE`: a result as one page, with the question of its scenario and the command that made it. */
import { nodeFiles } from '../files/files.ts'
import { loadWithSettings } from '../../lab/runs/job.ts'
import type { PageContext } from '../../report/page/document.ts'
import type { OutputFile } from './output.ts'
import { packageVersion } from '../files/package-root.ts'
import type { Session } from '../session.ts'

export interface PageFile {
  write<R>(result: R, page: (result: R, context: PageContext) => string): Promise<void>
}

/** `scenario`: whose question it answers; undefined where it is about many. */
export function pageFile(
  session: Session,
  path: string | undefined,
  asked: { readonly scenario: string; readonly settings: readonly string[] } | undefined,
): PageFile | undefined {
  if (path === undefined) return undefined
  const file: OutputFile = session.outputs.file('--html', path)
  return {
    async write(result, page) {
      const loaded = asked === undefined ? undefined : await loadWithSettings(asked.scenario, asked.settings, nodeFiles)
      const question = loaded?.ok === true ? loaded.value.scenario.about : ''
      await file.write(page(result, { question, command: session.command, version: packageVersion() }))
    },
  }
}
