/** `fleetlab agree`: real runs of a scenario beside the lab's. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { type RealRun, runAgree } from '../../../lab/compare/agree.ts'
import { REAL } from '../../../live/played.ts'
import type { RunResult } from '../../../metrics/result.ts'
import { formatAgree } from '../../../report/text/evidence/agree-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { resultFile } from '../../../report/files/result-file.ts'
import { EXIT, refuse } from '../../exit.ts'
import { runInLab } from '../../threads/lab-session.ts'
import { metaSince } from '../../meta.ts'
import { examples, jobsOption, jsonOption, seedsOption, setOption, verifyOption } from '../../options.ts'
import type { Session } from '../../session.ts'

interface AgreeOptions {
  readonly real: readonly string[]
  readonly policy?: string
  readonly seeds?: readonly number[]
  readonly set: readonly string[]
  readonly jobs: number
  readonly verify: boolean
  readonly json?: true
}

const SEEDS: readonly number[] = Array.from({ length: 20 }, (_, place) => place + 1)
const NONE: readonly string[] = []
const ROUTES = 'inference_routes.csv'

function realRun(folder: string): RealRun {
  const path = join(folder, 'result.json')
  if (!existsSync(path)) refuse(`--real ${folder}: has no result.json; it is a folder that play --out wrote`)
  const file = resultFile(path, readFileSync(path))
  if (!file.ok) return refuse(`--real ${file.error}`)
  if (file.value.kind !== 'result') return refuse(`--real ${path}: is no result of one run`)
  const result = file.value.document as RunResult
  if (result.policy.name !== REAL)
    refuse(
      `--real ${path}: is a run of the lab under ${result.policy.name}, not one of a real coordinator; play --out writes those`,
    )
  const routes = join(folder, ROUTES)
  return { name: folder, result, routes: existsSync(routes) ? readFileSync(routes, 'utf8') : undefined }
}

async function agreeCommand(session: Session, scenario: string, options: AgreeOptions): Promise<void> {
  const startedAt = performance.now()
  const { policy, seeds = SEEDS, set: settings, verify, jobs } = options
  if (options.real.length === 0) refuse('--real: name at least one folder that play --out wrote')
  const twice = options.real.find((folder, place) => options.real.indexOf(folder) !== place)
  if (twice !== undefined) refuse(`--real ${twice}: is given twice`)
  const real = options.real.map(realRun)
  const found = await runInLab(session, 'agree', { jobs }, (ports, control) =>
    runAgree({ scenario, settings, policy, seeds, verify, real }, ports, control),
  )
  const result = { ...found, meta: metaSince(startedAt) }
  const { print, paint } = session.console
  print(options.json ? formatJson(result) : formatAgree(result, paint))
  session.finish(result.agreement === 'differs' ? EXIT.failed : EXIT.good)
}

export function defineAgree(program: Command, session: Session): void {
  const command = program
    .command('agree')
    .summary('whether a real coordinator behaves as the lab says')
    .description(
      'Holds runs of a scenario before a real coordinator (play --out, one folder each) against runs of the lab over many\n' +
        'seeds: served, refusals by reason, waits, attempts, loads, share of the busiest Mac. Per figure a band and whether the\n' +
        'real runs lie in it as further runs of the lab would. Exits with 1 when some figure differs.',
    )
    .argument('<scenario>', 'the scenario that was played')
    .addOption(
      new Option('--real <dir>', 'a folder that play --out wrote; once for each real run')
        .argParser((folder: string, before: readonly string[]) => [...before, folder])
        .default(NONE, 'none'),
    )
    .option('--policy <policy>', 'what the lab plays (default: open)')
    .addOption(seedsOption('1-20'))
    .addOption(setOption())
    .addOption(jobsOption())
    .addOption(verifyOption())
    .addOption(jsonOption('every value, band and verdict'))
    .action((scenario: string, options: AgreeOptions) => agreeCommand(session, scenario, options))
  examples(command, ['fleetlab agree my.yaml --real real/1 --real real/2 --real real/3 --seeds 1-40'])
}
