/** `fleetlab compare`: the same requests under several policies and seeds. */
import { type Command, Option } from 'commander'
import type { RunJob, JobDone } from '../../../lab/runs/ports.ts'
import type { RunResult } from '../../../metrics/result.ts'
import { compareCsv, compareMarkdown, formatCompare } from '../../../report/text/compare/compare-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { fileName } from '../../output/file-name.ts'
import { pointsFlag } from '../../flags.ts'
import { runInLab } from '../../threads/lab-session.ts'
import { metaSince } from '../../meta.ts'
import {
  examples,
  type ExperimentOptions,
  htmlOption,
  jobsOption,
  jsonOption,
  policiesOption,
  queueOption,
  seedsOption,
  setOption,
  verifyOption,
} from '../../options.ts'
import { pageFile } from '../../output/page-file.ts'
import type { Session } from '../../session.ts'
import { tableFiles } from '../../output/table-files.ts'

/** A run's own file, below the folder. */
const RUN = /^runs\b.*\bseed-\d+\b.*\bresult\.json$/

interface CompareOptions extends ExperimentOptions {
  readonly policies?: readonly string[]
  readonly baseline?: string
  readonly seeds?: readonly number[]
  readonly precision?: number
  readonly out?: string
  readonly csv?: string
  readonly markdown?: string
  readonly parquet?: string
  readonly html?: string
}

async function compareCommand(session: Session, scenario: string, options: CompareOptions): Promise<void> {
  const startedAt = performance.now()
  const { outputs } = session
  const folder =
    options.out === undefined ? undefined : outputs.folder('--out', options.out, ['compare.json', 'runs'], RUN)
  const csv = outputs.fileIfGiven('--csv', options.csv)
  const markdown = outputs.fileIfGiven('--markdown', options.markdown)
  const parquet = options.parquet === undefined ? undefined : await tableFiles(outputs, options.parquet)
  const page = pageFile(session, options.html, { scenario, settings: options.set })
  const results: RunResult[] = []
  // Loaded only now: the lab's statistics take longer to load than a small run takes.
  const { runCompare } = await import('../../../lab/compare/experiment.ts')
  const onDone = (job: RunJob, { result }: JobDone): void => {
    folder?.write(`runs/${fileName(job.policyName)}/seed-${job.seed}/result.json`, formatJson(result))
    if (parquet !== undefined) results.push(result)
  }
  const request = {
    scenario,
    settings: options.set,
    policies: options.policies,
    baseline: options.baseline,
    seeds: options.seeds,
    precision: options.precision,
    verify: options.verify,
  }
  const compared = await runInLab(
    session,
    'compare',
    options,
    (ports, control) => runCompare(request, ports, control),
    onDone,
  )
  const result = { ...compared, meta: metaSince(startedAt) }
  if (folder !== undefined) {
    folder.write('compare.json', formatJson(result))
    await folder.commit()
  }
  parquet?.ofResults(results, Object.keys(result.policies))
  await parquet?.commit()
  await csv?.write(compareCsv(result))
  await markdown?.write(compareMarkdown(result))
  if (page !== undefined) {
    const { comparePage } = await import('../../../report/page/compare-page.ts')
    await page.write(result, comparePage)
  }
  const { print, paint, width } = session.console
  print(options.json ? formatJson(result) : formatCompare(result, width, paint))
}

export function defineCompare(program: Command, session: Session): void {
  const command = program
    .command('compare')
    .summary('the same requests under several policies')
    .description(
      'Runs every policy with every seed on the same requests and prints, per model, paired differences with 95 %\n' +
        'confidence intervals. Verdicts rest on goodput and fragmentation, never on the latency of the served.',
    )
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .addOption(policiesOption())
    .option('--baseline <policy>', 'what the others are compared with (default: the first)')
    .addOption(seedsOption("the scenario's seeds, else its seed"))
    .addOption(
      new Option(
        '--precision <points>',
        'look at 10, 20, 40 … seeds and stop when every goodput difference is known to within this much, such as 1pp (default seeds then: 1-160)',
      ).argParser(pointsFlag),
    )
    .addOption(setOption())
    .addOption(jobsOption())
    .addOption(queueOption())
    .option('--out <dir>', "write compare.json and every run's result.json into this folder")
    .option('--csv <file>', 'write every metric of every arm as CSV')
    .option('--markdown <file>', 'write the tables as Markdown')
    .option(
      '--parquet <dir>',
      'write tables for notebooks into this folder: metrics, series and runs.parquet, a row per arm and seed (docs/analysis.md)',
    )
    .addOption(htmlOption())
    .addOption(jsonOption('the comparison'))
    .addOption(verifyOption())
    .action((scenario: string, options: CompareOptions) => compareCommand(session, scenario, options))
  examples(command, [
    'fleetlab compare scenarios/headline/gpt-oss-vs-gemma.yaml',
    'fleetlab compare my.yaml --policies open,pools-afe8135,./mine.ts --seeds 1-10 --jobs 4',
    'fleetlab compare my.yaml --baseline pools-afe8135 --set duration=20m --out out/compare',
  ])
}
