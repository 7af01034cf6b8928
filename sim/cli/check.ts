/** `fleetlab check`: scenario files as tests. */
import type { Command } from 'commander'
import type { CheckedFile } from '../lab/check.ts'
import { formatCheck } from '../report/check-text.ts'
import { formatJson } from '../report/json.ts'
import { formatJunit } from '../report/junit.ts'
import { EXIT, type ExitCode, refuse } from './exit.ts'
import { withProgress } from './lab-session.ts'
import { metaSince } from './meta.ts'
import { examples, jobsOption, setOption, verifyOption } from './options.ts'
import { scenarioPaths } from './scenario-paths.ts'
import { reproduce, type Session } from './session.ts'

interface CheckOptions {
  readonly jobs: number
  readonly junit?: string
  readonly json?: string | true
  readonly set: readonly string[]
  readonly verify: boolean
}

/** The gravest ending of any file decides: a bug over bad input over an expectation that was not met. */
function codeFor(files: readonly CheckedFile[]): ExitCode {
  if (files.some((file) => file.bug !== undefined)) return EXIT.bug
  if (files.some((file) => file.problems.length > 0)) return EXIT.badInput
  return files.every((file) => file.passed) ? EXIT.good : EXIT.failed
}

async function checkCommand(session: Session, paths: readonly string[], options: CheckOptions): Promise<void> {
  const startedAt = performance.now()
  const { console, signal, outputs } = session
  const { found, without } = await scenarioPaths(paths)
  if (found.length === 0) refuse(`${paths.join(', ')}: no scenario file with expect: in there`)
  outputs.reads(found)
  const junit = options.junit === undefined ? undefined : outputs.file('--junit', options.junit)
  const json = typeof options.json === 'string' ? outputs.file('--json', options.json) : undefined
  // Loaded only now: the lab's statistics take longer to load than a small run takes.
  const { runCheck } = await import('../lab/check.ts')
  const request = { scenarios: found, settings: options.set, verify: options.verify }
  const checked = await withProgress(session, 'check', (onProgress) =>
    runCheck(request, session.ports(options.jobs), { signal, onProgress }),
  )
  const result = { ...checked, meta: metaSince(startedAt) }
  await junit?.write(formatJunit(result))
  await json?.write(formatJson(result))
  console.print(options.json === true ? formatJson(result) : formatCheck(result, console.paint))
  if (without > 0) console.note(`${without} scenario file${without === 1 ? '' : 's'} without expect: passed over`)
  for (const { bug } of result.files) if (bug !== undefined) console.note(`to reproduce: ${reproduce(bug.job)}`)
  session.finish(codeFor(result.files))
}

export function defineCheck(program: Command, session: Session): void {
  const command = program
    .command('check')
    .summary('run scenario files and judge their expectations')
    .description(
      'Runs scenario files and judges their expect:. Over several seeds the mean decides. A folder stands for every\n' +
        'YAML or JSON file below it that has an expect:.',
    )
    .argument('<path...>', 'scenario files or folders')
    .addOption(jobsOption())
    .option('--junit <file>', 'write the outcome as JUnit XML')
    .option('--json [file]', 'write the outcome as JSON into a file, or without one print it and nothing else')
    .addOption(setOption())
    .addOption(verifyOption())
    .action((paths: readonly string[], options: CheckOptions) => checkCommand(session, paths, options))
  examples(command, [
    'fleetlab check scenarios/review',
    'fleetlab check a.yaml b.yaml --jobs 4 --junit report.xml',
    'fleetlab check scenarios --json check.json --verify',
  ])
}
