/**
 * Where `check` runs as a step of GitHub Actions: annotations beside the lines they are about, on standard error so that a
 * document on standard output stays one, and a page in the step's summary.
 */
import { appendFileSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { CheckResult } from '../../lab/check/check-result.ts'
import { formatCheckPage } from '../../report/files/check-page.ts'
import { githubAnnotations } from '../../report/files/github.ts'
import { reasonOf } from '../files/attempt.ts'
import type { Console } from '../output/console.ts'

type Environment = { readonly [name: string]: string | undefined }

/** GitHub refuses more than 1 MiB; no character takes more than three bytes. */
const SUMMARY_MOST = 300_000

export const isGithubActions = (environment: Environment): boolean => environment['GITHUB_ACTIONS'] === 'true'

/** As seen from the repository, whatever folder the step works in. */
const nameFrom =
  (workspace: string) =>
  (file: string): string | undefined => {
    const path = relative(workspace, resolve(file))
    return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? undefined : path.split(sep).join('/')
  }

/** A line of ours that begins with somebody's words must not be taken for a command. */
export const withoutCommands = (text: string): string => text.replaceAll(/^(\s*)(?=::|##\[)/gm, '$1.')

export function tellGithub(result: CheckResult, console: Console, environment: Environment): void {
  const inRepository = nameFrom(environment['GITHUB_WORKSPACE'] ?? '.')
  for (const line of githubAnnotations(result, inRepository)) console.note(line)
  const summary = environment['GITHUB_STEP_SUMMARY']
  if (summary === undefined || summary === '') return
  const page = formatCheckPage({ ...result }, {}, SUMMARY_MOST)
  try {
    appendFileSync(summary, page)
  } catch (error) {
    // The checks themselves are what the step is for.
    console.note(`the step's summary cannot be written: ${reasonOf(error)}`)
  }
}
