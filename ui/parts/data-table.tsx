/** A table that sorts by a click or a key on its heads and filters by a text; a row can be chosen. */
import { type ReactNode, useMemo, useState } from 'react'

export interface DataColumn<T> {
  readonly head: string
  /** What sorting and filtering see. */
  value(row: T): string | number | null
  /** What people see; absent: the value. */
  cell?(row: T): ReactNode
  readonly numeric?: boolean
}

export interface DataTableProps<T> {
  readonly label: string
  readonly columns: readonly DataColumn<T>[]
  readonly rows: readonly T[]
  keyOf(row: T): string | number
  readonly chosen?: string | number | undefined
  onChoose?(row: T): void
  readonly filterable?: boolean
}

interface Sorting {
  readonly column: number
  readonly descending: boolean
}

const rank = (value: string | number | null): string | number => value ?? Number.NEGATIVE_INFINITY

export function DataTable<T>({
  label,
  columns,
  rows,
  keyOf,
  chosen,
  onChoose,
  filterable,
}: DataTableProps<T>): ReactNode {
  const [sorting, setSorting] = useState<Sorting | undefined>()
  const [filter, setFilter] = useState('')
  const shown = useMemo(() => {
    const wanted = filter.trim().toLowerCase()
    const left =
      wanted === ''
        ? rows
        : rows.filter((row) => columns.some((column) => String(column.value(row)).toLowerCase().includes(wanted)))
    const by = sorting && columns[sorting.column]
    if (by === undefined || sorting === undefined) return left
    const sign = sorting.descending ? -1 : 1
    return left.toSorted((a, b) => {
      const [x, y] = [rank(by.value(a)), rank(by.value(b))]
      return x < y ? -sign : x > y ? sign : 0
    })
  }, [rows, columns, filter, sorting])
  const sort = (column: number): void =>
    setSorting(sorting?.column === column ? { column, descending: !sorting.descending } : { column, descending: false })
  return (
    <>
      {filterable === true && (
        <input
          type="search"
          placeholder="Filter"
          aria-label={`Filter ${label}`}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      )}
      {/* Scrolls by itself, so it must be reachable by key. */}
      <div className="scroll" tabIndex={0} role="region" aria-label={label}>
        <table className="data">
          <thead>
            <tr>
              {columns.map((column, i) => (
                <th
                  key={column.head}
                  className={column.numeric === true ? 'number' : ''}
                  aria-sort={sortOf(sorting, i)}
                >
                  <button type="button" onClick={() => sort(i)}>
                    {column.head} {sorting?.column === i ? (sorting.descending ? '↓' : '↑') : ''}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr
                key={keyOf(row)}
                className={keyOf(row) === chosen ? 'chosen' : ''}
                {...(onChoose === undefined
                  ? {}
                  : {
                      tabIndex: 0,
                      onClick: () => onChoose(row),
                      onKeyDown: (event) => event.key === 'Enter' && onChoose(row),
                    })}
              >
                {columns.map((column) => (
                  <td key={column.head} className={column.numeric === true ? 'number' : ''}>
                    {column.cell === undefined ? (column.value(row) ?? '–') : column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const sortOf = (sorting: Sorting | undefined, column: number): 'ascending' | 'descending' | 'none' =>
  sorting?.column === column ? (sorting.descending ? 'descending' : 'ascending') : 'none'
