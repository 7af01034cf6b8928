/** `fleetlab check`: scenario files as tests. */
import { dirname, relative, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import type { NextBaseline } from '../../../lab/check/check-file.ts'
import type { CheckRequest } from '../../../lab/check/check-plan.ts'
import type { CheckedFile, CheckResult } from '../../../lab/check/check-result.ts'
import { formatCheckedFile, formatCheckSummary } from '../../../report/text/check/check-text.ts'
import { formatCheckPage } from '../../../report/files/check-page.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatJunit } from '../../../report/files/junit.ts'
import { removePending } from '../../files/atomic.ts'
import { BaselineFiles } from '../../checking/baseline-files.ts'
import { type CheckedPaths, pathsToCheck } from '../../checking/check-paths.ts'
import { watchChecks } from '../../checking/check-watch.ts'
import { EXIT, type ExitCode, refuse } from '../../exit.ts'
import { isGithubActions, tellGithub, withoutCommands } from '../../checking/github-actions.ts'
import { law } from '../../checking/law.ts'
import { withProgress } from '../../threads/lab-session.ts'
import { metaSince } from '../../meta.ts'
import { examples, htmlOption, jobsOption, setOption, verifyOption } from '../../options.ts'
import { packageVersion } from '../../files/package-root.ts'
import { pageFile } from '../../output/page-file.ts'
import { reproduce, type Session } from '../../session.ts'

interface CheckOptions {
  readonly jobs: number
  readonly junit?: string
  readonly json?: string | true
  readonly html?: string
  readonly report?: string
  readonly set: readonly string[]
  readonly verify: boolean
  readonly strict: boolean
  readonly update: boolean
  readonly requireBaseline: boolean
  readonly filter?: string
  readonly bail: boolean
  readonly watch: boolean
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

/** Options that contradict each other, and why. */
function refuseContradictions(options: CheckOptions): void {
  const { update, watch, bail, set, requireBaseline, json, junit, report, html } = options
  if (update && watch) refuse('--update with --watch: every save would move the baselines; move them once, by hand')
  if (update && bail) refuse('--update with --bail: baselines are written when everything has run; leave one out')
  if (update && requireBaseline) refuse('--update with --require-baseline: the one writes what the other asks for')
  if (update && set.length > 0)
    refuse('--update with --set: a baseline is of the scenario as it stands; change the file')
  const files = Object.entries({ json, junit, report, html }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  )
  if (watch && files.length > 0) refuse(`--watch with --${files[0]}: files are for one check; a watch has no end`)
  if (watch && process.env['CI']) refuse('--watch: this is CI (the variable CI is set), and a watch has no end')
}

/** A file as seen from a folder, with the slashes of links. */
const namedFrom = (folder: string, file: string): string => relative(folder, resolve(file)).split(sep).join('/')

function requestOf({ found, skipped, orphans, leftOut }: CheckedPaths, options: CheckOptions): CheckRequest {
  return {
    scenarios: found,
    skipped,
    orphans,
    leftOut,
    settings: options.set,
    verify: options.verify,
    bail: options.bail,
    baselines: {
      mode: options.update ? 'update' : options.requireBaseline ? 'require' : 'compare',
      fleetlab: packageVersion(),
      law: law(),
      nameBeside: (scenario, file) => namedFrom(dirname(resolve(scenario)), file),
    },
  }
}

async function checkCommand(session: Session, paths: readonly string[], options: CheckOptions): Promise<void> {
  const startedAt = performance.now()
  const { console, outputs } = session
  refuseContradictions(options)
  const found = await pathsToCheck(paths, options.filter, (text) => console.note(text))
  const inActions = isGithubActions(process.env)
  const show = inActions ? withoutCommands : (text: string): string => text
  if (options.watch) {
    const again = (some: CheckedPaths, onRead: (scenario: string, file: string) => void): Promise<CheckResult> =>
      checked(session, requestOf(some, options), options.jobs, { onRead })
    return watchChecks(session, { paths, filter: options.filter, first: found, check: again })
  }
  outputs.reads(found.found)
  const junit = outputs.fileIfGiven('--junit', options.junit)
  const json = typeof options.json === 'string' ? outputs.file('--json', options.json) : undefined
  const html = pageFile(session, options.html, undefined)
  const page = outputs.fileIfGiven('--report', options.report)
  const baselines = options.update ? new BaselineFiles(session, found.found) : undefined
  const silent = options.json === true
  const next: NextBaseline[] = []
  const run = await checked(session, requestOf(found, options), options.jobs, {
    onBaseline: (baseline) => void next.push(baseline),
    ...(silent ? { show: undefined } : { show }),
  })
  const result = { ...run, meta: metaSince(startedAt) }
  const code = codeFor(result.files, options.strict)
  const unchecked = result.files.filter(({ verdict }) => verdict === 'error').length
  if (unchecked > 0 && baselines !== undefined)
    console.note(`no baseline was written: ${unchecked} ${unchecked === 1 ? 'file' : 'files'} could not be checked`)
  else await baselines?.write(next)
  await junit?.write(formatJunit(result))
  await json?.write(formatJson(result))
  if (options.report !== undefined) {
    const folder = resolve(dirname(options.report))
    await page?.write(formatCheckPage(result, { nameFrom: (file) => namedFrom(folder, file) }))
  }
  if (html !== undefined) {
    const { checkPage } = await import('../../../report/page/check-page.ts')
    await html.write(result, checkPage)
  }
  // Those of baselines that stay as they are.
  removePending()
  console.print(silent ? formatJson(result) : show(formatCheckSummary(result, console.paint)))
  if (inActions) tellGithub(result, console, process.env)
  for (const { bug } of result.files) if (bug !== undefined) console.note(`to reproduce: ${reproduce(bug.job)}`)
  session.finish(code)
}

interface Watched {
  /** How text goes to standard output; absent as a key: as it is; undefined: not at all. */
  readonly show?: ((text: string) => string) | undefined
  readonly onRead?: (scenario: string, file: string) => void
  readonly onBaseline?: (next: NextBaseline) => void
}

async function checked(
  session: Session,
  request: CheckRequest,
  jobs: number,
  { onRead, onBaseline, ...given }: Watched,
): Promise<CheckResult> {
  const { console, signal } = session
  const show = 'show' in given ? given.show : (text: string): string => text
  // Loaded only now: the lab's statistics take longer to load than a small run takes.
  const { runCheck } = await import('../../../lab/check/check.ts')
  return withProgress(session, 'check', (onProgress, print) =>
    runCheck(request, session.ports({ jobs }), {
      signal,
      onProgress,
      clock: () => performance.now(),
      onFile: (file) => (show === undefined ? undefined : print(show(formatCheckedFile(file, console.paint)))),
      ...(onRead === undefined ? {} : { onRead }),
      ...(onBaseline === undefined ? {} : { onBaseline }),
    }),
  )
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
        'followed; one that expects nothing is named as skipped.\n' +
        '\n' +
        'Where NAME.baseline.json lies beside NAME.yaml, the runs are held against it too:\n' +
        'a figure beyond its tolerance fails, a digest that differs is explained or fails.\n' +
        'In GitHub Actions, what fails is annotated and the summary of the step written.',
    )
    .argument('<path...>', 'scenario files or folders')
    .addOption(jobsOption())
    .option('--filter <pattern>', 'only files whose path contains it; * stands for anything. Nothing left is an error')
    .option('--bail', 'stop after the first file that does not pass', false)
    .option('--update', 'write or move the baselines beside the scenarios, once everything has run', false)
    .option('--require-baseline', 'fail a scenario that has no baseline', false)
    .option('--watch', 'check again what uses a file that changes, until Ctrl-C', false)
    .option('--report <file>', 'write the outcome as a Markdown page to be committed')
    .option('--junit <file>', 'write the outcome as JUnit XML')
    .option('--json [file]', 'write the outcome as JSON into a file, or without one print it and nothing else')
    .addOption(htmlOption())
    .option('--strict', 'exit with 5 where nothing is worse than inconclusive', false)
    .addOption(setOption())
    .addOption(verifyOption())
    .action((paths: readonly string[], options: CheckOptions) => checkCommand(session, paths, options))
  examples(command, [
    'fleetlab check scenarios/review',
    'fleetlab check a.yaml b.yaml --jobs 4 --junit report.xml',
    'fleetlab check scenarios --json check.json --verify',
    'fleetlab check fleet --update',
    "fleetlab check fleet --filter 'pools*' --watch",
    'fleetlab check fleet --require-baseline --report fleet.md',
  ])
}
