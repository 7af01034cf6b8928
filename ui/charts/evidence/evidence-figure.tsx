/**
 * Rows of metric × model, a cell per arm: every seed a dot, joined to the same seed under the baseline, the 95 % interval
 * behind. A function of data, width and options; everything is SVG, so that it can be taken along as a file.
 */
import type { PointerEvent, ReactNode, Ref } from 'react'
import { formatDifference, formatMean, formatValue, type Unit } from '../../../sim/report/form/unit.ts'
import type { Evidence, EvidenceCell, EvidenceRow } from '../../data/answer/evidence.ts'
import { armLook } from '../../parts/colours.ts'
import { toneOf } from '../../parts/tone.ts'
import {
  CELL_PX,
  type CellBox,
  dotPlaces,
  type EvidenceLayout,
  type EvidencePoint,
  evidenceLayout,
  HEAD_PX,
  NAME_PX,
  pointAt,
  rowScale,
  seedOffset,
} from './evidence-layout.ts'
import './evidence-figure.css'

export interface EvidenceFigureOptions {
  /** All arms of the dataset: colours go by them. */
  readonly arms: readonly string[]
  /** Metrics that the scenario calls good or bad by name. */
  readonly named: readonly string[]
  /** The arm in colour where there are too many to tell apart. */
  readonly chosen: string | undefined
  /** What the pointer or the keys are at. */
  readonly point: EvidencePoint | undefined
}

export interface EvidenceFigureProps {
  readonly svg: Ref<SVGSVGElement>
  readonly evidence: Evidence
  readonly width: number
  readonly options: EvidenceFigureOptions
  onPoint(point: EvidencePoint | undefined): void
  onChoose(point: EvidencePoint): void
}

/** Above, one arm is in colour and the others are grey. */
const MANY_ARMS = 8

export function EvidenceFigure({ svg, evidence, width, options, onPoint, onChoose }: EvidenceFigureProps): ReactNode {
  const layout = evidenceLayout(evidence, width)
  const at = (event: PointerEvent): EvidencePoint | undefined => {
    const box = event.currentTarget.getBoundingClientRect()
    return pointAt(evidence, layout, event.clientX - box.left, event.clientY - box.top)
  }
  return (
    <svg
      ref={svg}
      className="evidence-figure"
      width={layout.width}
      height={layout.height}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      aria-hidden="true"
      onPointerMove={(event) => onPoint(at(event))}
      onPointerLeave={() => onPoint(undefined)}
      onPointerUp={(event) => {
        const found = at(event)
        if (found !== undefined) onChoose(found)
      }}
    >
      {/* On the page the heads that stay take their place; in a file these are they. */}
      <g className="heads">
        <Heads evidence={evidence} layout={layout} arms={options.arms} />
      </g>
      {evidence.rows.map((row, i) => (
        <RowLabel key={row.path} row={row} place={layout.labels[i]!} width={layout.labelWidth} all={layout.width} />
      ))}
      {layout.cells.map((box) => (
        <Cell key={`${box.row} ${box.arm}`} evidence={evidence} box={box} options={options} named={!layout.isOneLine} />
      ))}
    </svg>
  )
}

interface HeadsProps {
  readonly evidence: Evidence
  readonly layout: EvidenceLayout
  readonly arms: readonly string[]
}

const Heads = ({ evidence, layout, arms }: HeadsProps): ReactNode =>
  layout.heads.map(({ row, arm, x, width }) => (
    <ArmName key={`${row} ${arm}`} name={evidence.arms[arm]!} arms={arms} x={x} y={HEAD_PX - 8} width={width} />
  ))

/** The names of the arms above the figure, which stay when it is scrolled. */
export function EvidenceHeads({
  evidence,
  width,
  arms,
}: Pick<EvidenceFigureProps, 'evidence' | 'width'> & Pick<EvidenceFigureOptions, 'arms'>): ReactNode {
  const layout = evidenceLayout(evidence, width)
  if (layout.heads.length === 0) return null
  return (
    <svg className="evidence-figure evidence-heads" width={width} height={HEAD_PX} aria-hidden="true">
      <Heads evidence={evidence} layout={layout} arms={arms} />
    </svg>
  )
}

/** Letters of the figure's text are about so wide. */
const LETTER_PX = 6.4

interface ArmNameProps {
  readonly name: string
  readonly arms: readonly string[]
  readonly x: number
  readonly y: number
  readonly width: number
}

function ArmName({ name, arms, x, y, width }: ArmNameProps): ReactNode {
  const { colour, dash } = armLook(name, arms)
  return (
    <g>
      <line x1={x + 6} x2={x + 22} y1={y - 4} y2={y - 4} stroke={colour} strokeWidth={3} strokeDasharray={dash} />
      <text className="strong" x={x + 28} y={y}>
        {cut(name, (width - 34) / LETTER_PX)}
      </text>
    </g>
  )
}

const cut = (text: string, letters: number): string =>
  text.length <= letters ? text : `${text.slice(0, Math.max(1, Math.floor(letters) - 1))}…`

interface RowLabelProps {
  readonly row: EvidenceRow
  readonly place: { readonly x: number; readonly y: number }
  readonly width: number
  readonly all: number
}

function RowLabel({ row: { label, model }, place: { x, y }, width, all }: RowLabelProps): ReactNode {
  if (width === 0)
    return (
      <text className="strong" x={x} y={y + 13}>
        {cut(model === '' ? label : `${label} · ${model}`, all / LETTER_PX)}
      </text>
    )
  return (
    <>
      <text className="strong" x={x} y={y + 17}>
        {cut(label, width / LETTER_PX)}
        <title>{label}</title>
      </text>
      <text x={x} y={y + 31}>
        {cut(model === '' ? 'fleet' : model, width / LETTER_PX)}
      </text>
    </>
  )
}

interface CellProps {
  readonly evidence: Evidence
  readonly box: CellBox
  readonly options: EvidenceFigureOptions
  /** Its arm's name stands above it. */
  readonly named: boolean
}

function Cell({ evidence, box, options, named }: CellProps): ReactNode {
  const row = evidence.rows[box.row]!
  const cell = row.cells[box.arm]!
  const isBaseline = cell.arm === evidence.baseline
  const scale = rowScale(row)
  const places = dotPlaces(box.width)
  const own = isBaseline ? (places.baseline + places.own) / 2 : places.own
  const grey = evidence.arms.length > MANY_ARMS && options.chosen !== undefined && options.chosen !== cell.arm
  const colour = grey ? 'var(--line-strong)' : armLook(cell.arm, options.arms).colour
  const { point } = options
  const [low, high] = row.domain
  const isAt = point?.row === box.row && point.arm === box.arm
  const seed = point?.row === box.row || point?.seed !== undefined ? point.seed : undefined
  const base = isBaseline ? [] : (row.cells[evidence.arms.indexOf(evidence.baseline)]?.values ?? [])
  const count = evidence.seeds.length
  const radius = count <= 12 ? 2.6 : count <= 40 ? 2 : 1.4
  const band = bandOf(cell, row)
  return (
    <g transform={`translate(${box.x},${box.y})`}>
      {named && <ArmName name={cell.arm} arms={options.arms} x={0} y={-(NAME_PX - 10)} width={box.width} />}
      {isAt && <rect className="at" x={1} y={-1} width={box.width - 4} height={CELL_PX + 2} />}
      <line className="grid" x2={places.text - 6} y1={scale(low)} y2={scale(low)} />
      <line className="grid" x2={places.text - 6} y1={scale(high)} y2={scale(high)} />
      {box.begins && (
        <>
          <text className="tick" x={-5} y={scale(high) + 5}>
            {tickText(high, row.unit)}
          </text>
          <text className="tick" x={-5} y={scale(low) + 2}>
            {tickText(low, row.unit)}
          </text>
        </>
      )}
      {band !== undefined && (
        <rect
          x={own - 12}
          width={24}
          y={scale(band[1])}
          height={Math.max(1, scale(band[0]) - scale(band[1]))}
          fill={colour}
          fillOpacity={0.2}
        />
      )}
      {cell.values.map((value, i) => {
        const before = base[i] ?? null
        if (value === null || before === null) return null
        return (
          <line
            key={evidence.seeds[i]}
            x1={places.baseline + seedOffset(i, count)}
            y1={scale(before)}
            x2={own + seedOffset(i, count)}
            y2={scale(value)}
            stroke={colour}
            strokeWidth={i === seed ? 1.8 : 1}
            strokeOpacity={i === seed ? 1 : 0.3}
          />
        )
      })}
      {base.map(
        (value, i) =>
          value !== null && (
            <circle
              key={evidence.seeds[i]}
              cx={places.baseline + seedOffset(i, count)}
              cy={scale(value)}
              r={i === seed ? radius + 1 : radius * 0.8}
              fill="var(--muted)"
              fillOpacity={i === seed ? 1 : 0.55}
            />
          ),
      )}
      {cell.values.map(
        (value, i) =>
          value !== null && (
            <circle
              key={evidence.seeds[i]}
              cx={own + seedOffset(i, count)}
              cy={scale(value)}
              r={i === seed ? radius + 1.4 : radius}
              fill={colour}
            />
          ),
      )}
      <Centre cell={cell} own={own} y={scale} colour={colour} />
      <CellText cell={cell} row={row} x={places.text} options={options} />
    </g>
  )
}

/** What of an interval lies on the axis. */
function bandOf({ figure }: EvidenceCell, { domain: [low, high] }: EvidenceRow): readonly [number, number] | undefined {
  const ci95 = figure?.ci95
  if (ci95 === null || ci95 === undefined) return undefined
  return [Math.max(low, Math.min(high, ci95[0])), Math.max(low, Math.min(high, ci95[1]))]
}

interface CentreProps {
  readonly cell: EvidenceCell
  readonly own: number
  readonly y: (value: number) => number
  readonly colour: string
}

function Centre({ cell: { figure }, own, y, colour }: CentreProps): ReactNode {
  const centre = figure?.median ?? figure?.mean ?? null
  if (centre === null) return null
  return <line x1={own - 12} x2={own + 12} y1={y(centre)} y2={y(centre)} stroke={colour} strokeWidth={2} />
}

interface CellTextProps {
  readonly cell: EvidenceCell
  readonly row: EvidenceRow
  readonly x: number
  readonly options: EvidenceFigureOptions
}

function CellText({ cell: { figure, difference }, row, x, options }: CellTextProps): ReactNode {
  if (figure === undefined) return null
  const centre = figure.median ?? figure.mean
  const tone = toneOf(row.path, difference, options.named)
  return (
    <>
      <text className="value" x={x} y={17}>
        {formatValue(centre, row.unit)}
      </text>
      {difference !== undefined && (
        <text className={`difference ${tone}`} x={x} y={32}>
          {formatDifference({ ...difference, ci95: null }, row.unit)}
          {difference.significant === true ? ' *' : ''}
        </text>
      )}
    </>
  )
}

const TICK_LETTERS = 10

/** A tick needs no digits that a figure does. */
function tickText(value: number, unit: Unit): string {
  const text =
    unit === 'ms' && Math.abs(value) >= 1_000 ? `${Number((value / 1_000).toPrecision(3))} s` : formatValue(value, unit)
  const short = text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '')
  // A long unit would run into the row's name; the figures beside have it.
  return short.length > TICK_LETTERS ? short.replace(/ .*$/, '') : short
}

/** What a point says, for a line beside the figure and for those who hear it. */
export function wordsAt(evidence: Evidence, { row: at, arm, seed }: EvidencePoint): string {
  const row = evidence.rows[at]
  const cell = row?.cells[arm]
  if (row === undefined || cell === undefined) return ''
  const what = `${row.label}${row.model === '' ? '' : ` of ${row.model}`}`
  const base = row.cells[evidence.arms.indexOf(evidence.baseline)]
  if (seed !== undefined) {
    const [own, before] = [cell.values[seed] ?? null, base?.values[seed] ?? null]
    const against =
      cell.arm === evidence.baseline || own === null || before === null
        ? ''
        : `; ${evidence.baseline} ${formatValue(before, row.unit)}, ${formatDifference({ mean: own - before, ci95: null }, row.unit)}`
    return `${cell.arm}, seed ${evidence.seeds[seed]}: ${what} ${formatValue(own, row.unit)}${against}`
  }
  const figure = cell.figure === undefined ? '' : ` ${formatMean(cell.figure, row.unit)}`
  const { difference } = cell
  if (difference === undefined) return `${cell.arm}: ${what}${figure}, the baseline`
  const verdict = difference.verdict === null ? '' : ` (${difference.verdict})`
  return `${cell.arm}: ${what}${figure}, against ${evidence.baseline} ${formatDifference(difference, row.unit)}${verdict}`
}
