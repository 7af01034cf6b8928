/** The page that holds the slow tier's last results. */
interface FileResult {
  readonly file: string
  readonly passed: number
  /** What failed, by name. */
  readonly failed: readonly string[]
  readonly duration_ms: number
}

interface Circumstances {
  readonly date: Date
  readonly node: string
}

export function slowTierPage(results: readonly FileResult[], { date, node }: Circumstances): string {
  const sum = (of: (each: FileResult) => number): number => results.reduce((total, each) => total + of(each), 0)
  const failed = sum((each) => each.failed.length)
  const rows = results
    .toSorted((a, b) => (a.file < b.file ? -1 : 1))
    .map(
      ({ file, passed, failed: names, duration_ms }) =>
        `| \`${file}\` | ${passed} | ${names.length} | ${Math.round(duration_ms / 1_000).toLocaleString('en-US')} |`,
    )
  const failures = results.flatMap(({ file, failed: names }) => names.map((name) => `- \`${file}\`: ${name}`))
  return [
    '# The slow tier',
    '',
    '`npm run test:slow`: what takes longer than `npm test` may. The headline scenarios with all their seeds, samples of every',
    'study against its stored results, the mutation run, and the long forms of properties: the same claims as in `npm test`',
    'over some twenty times as many cases. The command writes this page when all of it ran.',
    '',
    `Last run: ${date.toISOString().slice(0, 10)}, Node ${node}: ${sum((each) => each.passed)} passed, ${failed} failed.`,
    '',
    '| file | passed | failed | seconds |',
    '| --- | ---: | ---: | ---: |',
    ...rows,
    ...(failures.length === 0 ? [] : ['', '## Failed', '', ...failures]),
    '',
  ].join('\n')
}
