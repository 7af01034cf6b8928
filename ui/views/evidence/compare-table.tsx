/** Every metric of every arm with intervals, and every arm's difference from the baseline: searched, filtered, sorted, saved. */
import { type ReactNode, useMemo, useState } from 'react'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { intervalWords } from '../../../sim/report/form/interval-words.ts'
import { formatDifference, formatMean, formatNumber } from '../../../sim/report/form/unit.ts'
import { download, fileName, textFile } from '../../charts/files/chart-file.ts'
import {
  compareCsv,
  type CompareRow,
  GROUPS,
  matchingRows,
  type RowFilter,
  rowsOfCompare,
} from '../../data/answer/compare-rows.ts'
import { DataTable, type DataColumn } from '../../parts/data-table.tsx'
import { toneOf } from '../../parts/tone.ts'
import { Panel } from '../../parts/panel.tsx'

function columnsOf(compare: CompareResult): readonly DataColumn<CompareRow>[] {
  const { baseline, policies, differences } = compare
  const mean = (arm: string): DataColumn<CompareRow> => ({
    head: arm === baseline ? `${arm} (baseline)` : arm,
    numeric: true,
    value: (row) => policies[arm]?.[row.path]?.mean ?? null,
    cell: (row) => formatMean(policies[arm]?.[row.path] ?? { mean: null, ci95: null }, row.unit),
  })
  const against = (arm: string): readonly DataColumn<CompareRow>[] => [
    {
      head: `Δ ${arm}`,
      numeric: true,
      value: (row) => differences[arm]?.[row.path]?.mean ?? null,
      cell: (row) => {
        const difference = differences[arm]?.[row.path]
        if (difference === undefined) return '–'
        return (
          <span className={toneOf(row.path, difference)}>
            {formatDifference(difference, row.unit)}
            <span
              className="mark"
              title={difference.significant === true ? 'more than chance and more than δ' : undefined}
            >
              {difference.significant === true ? ' *' : ''}
            </span>
          </span>
        )
      },
    },
    {
      head: `% ${arm}`,
      numeric: true,
      value: (row) => differences[arm]?.[row.path]?.relative ?? null,
      cell: (row) => relativeText(differences[arm]?.[row.path]?.relative ?? null),
    },
  ]
  const others = Object.keys(policies).filter((arm) => arm !== baseline)
  return [
    { head: 'metric', value: (row) => row.label, cell: (row) => <span title={row.path}>{row.label}</span> },
    { head: 'of', value: (row) => (row.model === '' ? 'fleet' : row.model) },
    mean(baseline),
    ...others.flatMap((arm) => [mean(arm), ...against(arm)]),
  ]
}

const relativeText = (share: number | null): string =>
  share === null ? '–' : `${share > 0 ? '+' : ''}${formatNumber(share * 100, Math.abs(share) < 0.1 ? 1 : 0)} %`

const EVERYTHING: RowFilter = { search: '', model: '', group: '', significantOnly: false, withValues: true }

export function CompareTable({ compare }: { readonly compare: CompareResult }): ReactNode {
  const [filter, setFilter] = useState(EVERYTHING)
  const all = useMemo(() => rowsOfCompare(compare), [compare])
  const rows = useMemo(() => matchingRows(compare, all, filter), [compare, all, filter])
  const columns = useMemo(() => columnsOf(compare), [compare])
  const change = (part: Partial<RowFilter>): void => setFilter({ ...filter, ...part })
  const models = [...new Set(all.map((row) => row.model))].filter((model) => model !== '')
  const count = compare.seeds.length
  const about =
    count === 1
      ? 'one seed, so no intervals and no significance'
      : `means of ${count} seeds (medians of quantiles)${intervalWords(count, ' with 95 % intervals, * more than chance and more than δ')}; Δ from ${compare.baseline}, seed by seed`
  const save = (): void =>
    download(fileName(`${compare.scenario.name} compare.csv`), textFile(compareCsv(compare, rows), 'text/csv'))
  return (
    <Panel
      title="Figures"
      about={about}
      aside={
        <span className="downloads">
          <button type="button" aria-label="CSV of the figures shown" onClick={save}>
            CSV
          </button>
        </span>
      }
    >
      <div className="row filters">
        <input
          type="search"
          placeholder="Search metrics"
          aria-label="Search metrics"
          value={filter.search}
          onChange={(event) => change({ search: event.target.value })}
        />
        <select aria-label="Model" value={filter.model} onChange={(event) => change({ model: event.target.value })}>
          <option value="">all models</option>
          {models.map((model) => (
            <option key={model}>{model}</option>
          ))}
        </select>
        <select
          aria-label="Group"
          value={filter.group}
          onChange={(event) => change({ group: event.target.value as RowFilter['group'] })}
        >
          <option value="">all groups</option>
          {GROUPS.map((group) => (
            <option key={group}>{group}</option>
          ))}
        </select>
        <Check
          label="significant only"
          checked={filter.significantOnly}
          onChange={(significantOnly) => change({ significantOnly })}
        />
        <Check
          label="hide what is 0 everywhere"
          checked={filter.withValues}
          onChange={(withValues) => change({ withValues })}
        />
        <span className="muted" role="status">
          {rows.length} of {all.length} metrics
        </span>
      </div>
      {rows.length === 0 ? (
        <p className="muted">
          No metric matches.{' '}
          <button type="button" onClick={() => setFilter(EVERYTHING)}>
            Clear filters
          </button>
        </p>
      ) : (
        <DataTable label="Figures" rows={rows} keyOf={(row) => row.path} columns={columns} />
      )}
    </Panel>
  )
}

interface CheckProps {
  readonly label: string
  readonly checked: boolean
  onChange(checked: boolean): void
}

function Check({ label, checked, onChange }: CheckProps): ReactNode {
  return (
    <label className="chip">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  )
}
