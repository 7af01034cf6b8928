/** The catalogue as tables of at most 120 columns: every figure with the mark of its evidence, the sources left to --json. */
import type { CatalogChips, CatalogModels, KvRoom, Speed } from '../../../evidence/calibrate/catalog.ts'
import { type TextCell, cell, type Paint, plainPaint } from '../../form/paint.ts'
import { type TableColumn, formatTable } from '../../form/table.ts'
import { formatNumber, NO_DATA } from '../../form/unit.ts'

const GIB = 2 ** 30
const KIB = 1_024

type Marked = Pick<CatalogChips['chips'][number]['figures']['tflops'], 'value' | 'evidence'>

const MARKS: { readonly [evidence in Marked['evidence']]: string } = {
  measured: 'm',
  fitted: 'f',
  assumed: 'a',
  derived: 'd',
}
const LEGEND =
  'm measured · f fitted · a assumed · d derived; of a speed, the mark of the least certain figure it follows from'

const left = (head: string): TableColumn => ({ head, align: 'left' })
const right = (head: string): TableColumn => ({ head, align: 'right' })

/** As many decimals as it has, at most two: 2.3, 614, 1,200. */
function plain(value: number): string {
  const decimals = [0, 1].find((places) => Math.abs(value - Number(value.toFixed(places))) < 1e-9) ?? 2
  return formatNumber(value, decimals)
}

const marked = ({ value, evidence }: Marked, scale = 1, decimals?: number): string => {
  const scaled = value / scale
  return `${decimals === undefined ? plain(scaled) : formatNumber(scaled, decimals)} ${MARKS[evidence]}`
}

const decode = ({ decode_tps, evidence }: Speed): string => marked({ value: decode_tps, evidence }, 1, 1)
const prefill = ({ prefill_tps, evidence }: Speed): string => marked({ value: prefill_tps, evidence }, 1, 0)

/** 320k, 1.9M. */
function tokens(room: KvRoom): string {
  if (room.tokens === null) return NO_DATA
  return room.tokens < 1e6 ? `${formatNumber(room.tokens / 1e3, 0)}k` : `${formatNumber(room.tokens / 1e6, 1)}M`
}

/** From the smallest to the largest memory sold. */
function kvSpan(rooms: readonly KvRoom[]): string {
  const texts = rooms.length === 1 ? rooms.map(tokens) : [rooms[0]!, rooms.at(-1)!].map(tokens)
  return texts.every((text) => text === NO_DATA) ? NO_DATA : texts.join(' … ')
}

const under = (...lines: readonly string[]): string => ['', ...lines].join('\n')

export function formatCatalogChips(catalog: CatalogChips, paint: Paint = plainPaint): string {
  const table = formatTable(
    {
      columns: [
        left('chip'),
        right('cores'),
        right('GHz'),
        right('GB/s'),
        right('TFLOP/s'),
        right('matrix'),
        right('SSD GB/s'),
        right('memory GB'),
        right('decode tok/s'),
        right('prefill tok/s'),
        right('KV tokens'),
      ],
      rows: catalog.chips.map(
        ({ name, gpu_cores, memory_gb, memory_from, matrix_units, figures, speed, kv }): readonly TextCell[] => [
          cell(name, 'strong'),
          String(gpu_cores),
          marked(figures.clock_ghz),
          marked(figures.bandwidth_gbs),
          marked(figures.tflops),
          `${matrix_units.value ? 'yes' : '-'} ${MARKS[matrix_units.evidence]}`,
          marked(figures.ssd_gbs),
          memory_from === null ? memory_gb.join(' ') : `${memory_gb[0]} … ${memory_gb.at(-1)} ${MARKS.derived}`,
          decode(speed),
          prefill(speed),
          kvSpan(kv),
        ],
      ),
    },
    paint,
  )
  const about = under(
    `decode, prefill and KV tokens: ${catalog.model} alone on the Mac, engine ${catalog.engine}; one request, prompt of 2,048 tokens.`,
    `KV tokens: with the least and the most memory sold; ${NO_DATA} where the provider's load gate refuses the model.`,
    LEGEND,
  )
  return `${table}\n${paint('dim', about)}`
}

function modelTable(rows: CatalogModels['models'], paint: Paint): string {
  return formatTable(
    {
      columns: [
        left('build'),
        right('disk GB'),
        right('min GB'),
        right('resident GiB'),
        right('GB/token'),
        right('KV KiB/token'),
        right('context'),
        right('decode tok/s'),
        right('prefill tok/s'),
        right('KV tokens'),
      ],
      rows: rows.map(({ build, figures, speed, kv }): readonly TextCell[] => [
        cell(build, 'strong'),
        marked(figures.size_gb),
        marked(figures.min_ram_gb),
        marked(figures.resident_bytes, GIB, 1),
        marked(figures.step_bytes, 1e9, 1),
        marked(figures.kv_bytes_per_token, KIB, 0),
        marked(figures.context_limit),
        decode(speed),
        prefill(speed),
        tokens(kv),
      ]),
    },
    paint,
  )
}

export function formatCatalogModels(catalog: CatalogModels, paint: Paint = plainPaint): string {
  const tables = [
    modelTable(catalog.models, paint),
    '',
    'of published figures; only calibrate plays them',
    modelTable(catalog.reference, paint),
  ]
  const about = under(
    `decode, prefill and KV tokens: alone on ${catalog.chip} with ${catalog.memory_gb} GB, engine ${catalog.engine}; one request, prompt of 2,048 tokens.`,
    `GB/token: weights read by a decode step of one row. KV tokens: ${NO_DATA} where the provider's load gate refuses the model.`,
    LEGEND,
  )
  return [...tables, paint('dim', about)].join('\n')
}
