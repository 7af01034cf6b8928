/** `fleetlab check`: scenario files as tests. */
import type { Command } from 'commander'
import type { CheckedFile } from '../lab/check.ts'
import { formatCheckedFile, formatCheckSummary } from '../report/check-text.ts'
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
  readonly strict: boolean
}

/**
 * The gravest ending of any file decides: a bug over bad input over an expectation that was not met over one of which
 * it cannot be told.
 */
function codeFor(files: readonly CheckedFile[], strict: boolean): ExitCode {
  if (files.some((file) => file.bug !== undefined)) return EXIT.bug
  if (files.some((file) => file.verdict === 'error')) return EXIT.badInput
  if (files.some((file) => file.verdict === 'failed')) return EXIT.failed
  if (files.every((file) => file.passed)) return EXIT.good
  return strict ? EXIT.inconclusive : EXIT.failed
}

async function checkCommand(session: Session, paths: readonly string[], options: CheckOptions): Promise<void> {
  const startedAt = performance.now()
  const { console, signal, outputs } = session
  const { found, skipped, loops } = await scenarioPaths(paths)
  for (const loop of loops) console.note(`${loop}: links back to a folder it is in; not followed again`)
  if (found.length === 0) {
    for (const { file, why } of skipped) console.note(`skip ${file}: ${why}`)
    refuse(`${paths.join(', ')}: no scenario file with expect: in there`)
  }
  outputs.reads(found)
  const junit = options.junit === undefined ? undefined : outputs.file('--junit', options.junit)
  const json = typeof options.json === 'string' ? outputs.file('--json', options.json) : undefined
  // Loaded only now: the lab's statistics take longer to load than a small run takes.
  const { runCheck } = await import('../lab/check.ts')
  const request = { scenarios: found, skipped, settings: options.set, verify: options.verify }
  const silent = options.json === true
  const checked = await withProgress(session, 'check', (onProgress, print) =>
    runCheck(request, session.ports({ jobs: options.jobs }), {
      signal,
      onProgress,
      clock: () => performance.now(),
      onFile: (file) => (silent ? undefined : print(formatCheckedFile(file, console.paint))),
    }),
  )
  const result = { ...checked, meta: metaSince(startedAt) }
  await junit?.write(formatJunit(result))
  await json?.write(formatJson(result))
  console.print(silent ? formatJson(result) : formatCheckSummary(result, console.paint))
  for (const { bug } of result.files) if (bug !== undefined) console.note(`to reproduce: ${reproduce(bug.job)}`)
  session.finish(codeFor(result.files, options.strict))
}

export function defineCheck(program: Command, session: Session): void {
  const command = program
    .command('check')
    .summary('run scenario files and judge their expectations')
    .description(
      'Runs scenario files and judges their expect:. Over several seeds a bound judges\n' +
        'the mean, or with confidence: 95% the interval; improves_by must hold at 95 %\n' +
        'confidence. What the seeds cannot tell is inconclusive and exits with 1. A\n' +
        'folder stands for every scenario below it that expects something, links\n' +
        'followed; one that expects nothing is named as skipped.',
    )
    .argument('<path...>', 'scenario files or folders')
    .addOption(jobsOption())
    .option('--junit <file>', 'write the outcome as JUnit XML')
    .option('--json [file]', 'write the outcome as JSON into a file, or without one print it and nothing else')
    .option('--strict', 'exit with 5 where nothing is worse than inconclusive', false)
    .addOption(setOption())
    .addOption(verifyOption())
    .action((paths: readonly string[], options: CheckOptions) => checkCommand(session, paths, options))
  examples(command, [
    'fleetlab check scenarios/review',
    'fleetlab check a.yaml b.yaml --jobs 4 --junit report.xml',
    'fleetlab check scenarios --json check.json --verify',
  ])
}
