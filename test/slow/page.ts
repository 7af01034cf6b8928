/** The page that holds the slow tier's last results. */
export interface FileResult {
  readonly file: string
  readonly passed: number
  /** What failed or was left out, by name. */
  readonly failed: readonly string[]
  readonly cpu_s: number
}

export interface SlowTierResults {
  /** Of the last file that ran. */
  readonly node: string
  readonly files: readonly FileResult[]
}

/** User and system time of the children, of what `times` prints: its second line, such as `1m2.50s 0m0.25s`. */
export function cpuSeconds(times: string): number {
  const last = times.trim().split('\n').at(-1) ?? ''
  return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, s]) => sum + Number(minutes) * 60 + Number(s),
    0,
  )
}

/** `all`: every file of the tier, whether it has a result or not. */
export function slowTierPage({ node, files }: SlowTierResults, all: readonly string[]): string {
  const sum = (of: (each: FileResult) => number): number => files.reduce((total, each) => total + of(each), 0)
  const rows = all.map((file) => {
    const result = files.find((each) => each.file === file)
    if (result === undefined) return `| \`${file}\` | not run | | |`
    return `| \`${file}\` | ${result.passed} | ${result.failed.length} | ${result.cpu_s.toLocaleString('en-US')} |`
  })
  const failures = files.flatMap(({ file, failed }) => failed.map((name) => `- \`${file}\`: ${name.split('\n')[0]}`))
  const missing = all.length - files.length
  return [
    '# The slow tier',
    '',
    '`npm run test:slow`: what takes longer than `npm test` may. The headline scenarios with all their seeds, samples of every',
    'study against its stored results, the mutation run, and the long forms of properties: the same claims as in `npm test`',
    'over some twenty times as many cases. The command runs file by file and writes this page and [slow-tier.json](slow-tier.json) after each;',
    '`npm run test:slow -- test/slow/worlds.test.ts` runs one of them.',
    '',
    `Last results, Node ${node}: ${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed.length)} failed, ${sum(({ cpu_s }) => cpu_s).toLocaleString('en-US')} CPU seconds${missing === 0 ? '' : `; ${missing} of ${all.length} files have none`}.`,
    '',
    '| file | passed | failed | CPU seconds |',
    '| --- | ---: | ---: | ---: |',
    ...rows,
    ...(failures.length === 0 ? [] : ['', '## Failed', '', ...failures]),
    '',
  ].join('\n')
}
