/** Options that several commands share, with one wording. */
import { type Command, Option } from 'commander'
import type { WhereRunsGo } from './session.ts'
import { defaultJobs, jobsFlag, policiesFlag, seedsFlag, setFlag } from './flags.ts'

const NONE: readonly string[] = []

/** What every experiment of many runs is told, whatever it asks. */
export interface ExperimentOptions extends WhereRunsGo {
  readonly set: readonly string[]
  readonly json?: true
  readonly verify: boolean
}

export const setOption = (): Option =>
  new Option('--set <path=value>', 'change a setting of the scenario, such as duration=10m; may be repeated')
    .argParser(setFlag)
    .default(NONE, 'none')

export const jobsOption = (): Option =>
  new Option('--jobs <n>', 'worker threads; the results do not depend on it')
    .argParser(jobsFlag)
    .default(defaultJobs(), 'one per core')

export const queueOption = (): Option =>
  new Option(
    '--queue <address>',
    'let `fleetlab worker`s do the runs that listen there, such as redis://localhost:6379; the results do not depend on it',
  )

export const policiesOption = (): Option =>
  new Option('--policies <list>', 'policies between commas: built-ins, arms of the scenario, or paths').argParser(
    policiesFlag,
  )

export const seedsOption = (fallback: string): Option =>
  new Option('--seeds <list>', `seeds, such as 1-10 or 1,2,5 (default: ${fallback})`).argParser(seedsFlag)

export const jsonOption = (what: string): Option =>
  new Option('--json', `print ${what} as one JSON document and nothing else`)

export const htmlOption = (): Option =>
  new Option('--html <file>', 'write the result as a page: one file that needs no network, to send around or print')

export const verifyOption = (): Option =>
  new Option('--verify', 'run the judges of the numbered invariants along; changes no result').default(false)

/** Texts that may be given several times; `none` says what their absence means. */
export const repeatableOption = (flags: string, about: string, none: string): Option =>
  new Option(flags, `${about}; may be repeated`)
    .argParser((text: string, before: readonly string[]) => [...before, text])
    .default(NONE, none)

/** A block below the options. */
export function examples(command: Command, lines: readonly string[]): void {
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`)
}
