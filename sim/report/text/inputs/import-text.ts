/** What an import found, took for granted and left out, as text. */
import { LEFT_OUT } from '../../../import/reading/left-out.ts'
import type { ImportReport, NumberReport } from '../../../import/report.ts'
import type { Pair } from '../../../import/making/twin.ts'
import { type Paint, plainPaint } from '../../form/paint.ts'
import { formatTable } from '../../form/table.ts'
import { formatNumber } from '../../form/unit.ts'

const whole = (value: number): string => formatNumber(value, 0)
const share = (part: number, all: number): string => `${((100 * part) / all).toFixed(2)} %`

function number(value: number | null): string {
  if (value === null) return '-'
  return value >= 100 ? whole(value) : String(Number(value.toPrecision(3)))
}

function spanText(seconds: number): string {
  if (seconds < 120) return `${number(seconds)} s`
  if (seconds < 7_200) return `${number(seconds / 60)} min`
  return seconds < 172_800 ? `${number(seconds / 3_600)} h` : `${number(seconds / 86_400)} days`
}

export function formatImport(report: ImportReport, folder: string, paint: Paint = plainPaint): string {
  const blocks = [
    headOf(report, paint),
    section('Found', report.found, paint),
    endingsOf(report, paint),
    modelsOf(report, paint),
    numbersOf(report, paint),
    section('Assumed', report.assumed, paint),
    leftOutOf(report, paint),
    twinOf(report, paint),
    section('Missing', report.missing, paint),
    `wrote ${report.written.map((name) => `${folder.replace(/\/+$/, '')}/${name}`).join(', ')}`,
  ]
  return blocks.filter((block) => block !== '').join('\n\n')
}

function headOf({ files, arrivals, starts, clock, macs }: ImportReport, paint: Paint): string {
  const lines = files.map(({ name, title, rows }) => `${name}: ${title}, ${whole(rows)} ${rows === 1 ? 'row' : 'rows'}`)
  const from = clock === 'epoch' ? `from ${starts} on` : `from ${starts} of its clock on`
  const fleet = macs === undefined ? '' : `, on ${macs} Macs`
  return [
    ...lines,
    paint(
      'strong',
      `${whole(arrivals.requests)} requests in ${spanText(arrivals.span_s)} ${from}, ${number(arrivals.rate_per_s)}/s${fleet}`,
    ),
  ].join('\n')
}

const section = (title: string, sentences: readonly string[], paint: Paint): string =>
  sentences.length === 0 ? '' : [paint('strong', title), ...sentences.map((sentence) => `  ${sentence}`)].join('\n')

function endingsOf({ endings, arrivals }: ImportReport, paint: Paint): string {
  const rows = Object.entries(endings)
    .filter(([, count]) => count > 0)
    .map(([ending, count]) => [
      ending === 'unknown' ? 'not said' : ending,
      whole(count),
      share(count, arrivals.requests),
    ])
  if (rows.length === 1 && endings.unknown > 0) return ''
  return formatTable(
    {
      columns: [
        { head: 'how it went', align: 'left' },
        { head: 'requests', align: 'right' },
        { head: 'of all', align: 'right' },
      ],
      rows,
    },
    paint,
  )
}

const MODELS_SHOWN = 12

function modelsOf({ models, arrivals }: ImportReport, paint: Paint): string {
  if (models.length === 1 && models[0]!.name === '') return ''
  const rows = models
    .slice(0, MODELS_SHOWN)
    .map(({ name, requests, inCatalog }) => [
      name === '' ? '(none named)' : name,
      whole(requests),
      share(requests, arrivals.requests),
      inCatalog ? 'in the catalog' : '',
    ])
  const more = models.length > MODELS_SHOWN ? `\nand ${models.length - MODELS_SHOWN} more` : ''
  return `${formatTable(
    {
      columns: [
        { head: 'model', align: 'left' },
        { head: 'requests', align: 'right' },
        { head: 'of all', align: 'right' },
        { head: '', align: 'left' },
      ],
      rows,
    },
    paint,
  )}${more}`
}

const numberRow = (name: string, { known, p50, p95, max }: NumberReport): readonly string[] => [
  name,
  whole(known),
  number(p50),
  number(p95),
  number(max),
]

function numbersOf(report: ImportReport, paint: Paint): string {
  return formatTable(
    {
      columns: [
        { head: 'recorded', align: 'left' },
        { head: 'requests', align: 'right' },
        { head: 'p50', align: 'right' },
        { head: 'p95', align: 'right' },
        { head: 'max', align: 'right' },
      ],
      rows: [
        numberRow('prompt tokens', report.prompt_tokens),
        numberRow('output tokens', report.output_tokens),
        ...(report.ttft_ms.known > 0 ? [numberRow('first token, ms', report.ttft_ms)] : []),
      ],
    },
    paint,
  )
}

function leftOutOf({ left_out }: ImportReport, paint: Paint): string {
  if (left_out.length === 0) return 'Nothing was left out.'
  return section(
    'Left out',
    left_out.map(
      ({ reason, rows, first }) =>
        `${whole(rows)} ${rows === 1 ? 'row' : 'rows'} ${LEFT_OUT[reason]} (first: ${first.file}:${first.line})`,
    ),
    paint,
  )
}

const pairRow = (name: string, { log, twin }: Pair): readonly string[] => [name, number(log), number(twin)]

function twinOf({ twin, prefix }: ImportReport, paint: Paint): string {
  if (twin === undefined) return ''
  const { arrivals, closeness } = twin
  const kind =
    arrivals.kind === 'poisson'
      ? 'Poisson arrivals'
      : `arrivals whose rate wanders (sd ${number(arrivals.sd)}, forgotten in ${number(arrivals.time_constant_s)} s, gaps with cv ${number(arrivals.cv)})`
  const table = formatTable(
    {
      columns: [
        { head: `synthetic twin, mean of ${closeness.twins}`, align: 'left' },
        { head: 'log', align: 'right' },
        { head: 'twin', align: 'right' },
      ],
      rows: [
        pairRow('requests per second', closeness.rate_per_s),
        pairRow('cv of the gaps', closeness.gap_cv),
        pairRow('Fano factor, 1 s', closeness.fano[1]),
        pairRow('Fano factor, 10 s', closeness.fano[10]),
        pairRow('Fano factor, 60 s', closeness.fano[60]),
      ],
    },
    paint,
  )
  const correlation = closeness.length_correlation
  const together =
    correlation === null
      ? ''
      : `; prompt and output are drawn independently, in the log their ranks correlate by ${correlation.toFixed(2)}`
  const hits =
    prefix === undefined
      ? ''
      : `\nprefixes: ${share(prefix.hit_rate, 1)} of the prompts repeat one, ${share(prefix.shared, 1)} of it`
  return `${table}\n${kind}; lengths differ by at most ${(100 * closeness.prompt_ks).toFixed(1)} (prompt) and ${(100 * closeness.output_ks).toFixed(1)} (output) percentage points${together}${hits}`
}
