/** Any table or list of documents whose columns the user names. */
import type { TimeUnit } from '../../base/cell.ts'
import type { LogFormat, LogReader } from '../reading/log-format.ts'
import type { Ending } from '../reading/request.ts'
import { countAt, type LogRow, spanAt, textAt, truthAt } from '../reading/row.ts'

const UNITS = ['s', 'ms', 'us', 'ns'] as const
const timed = <N extends string>(name: N) => UNITS.map((unit) => `${name}_${unit}` as const)

/** What a column may be mapped to. */
export const MAPPABLE = [
  'arrival',
  ...timed('arrival'),
  'prompt_tokens',
  'output_tokens',
  'estimated_prompt_tokens',
  'max_tokens',
  'model',
  'status',
  'tools',
  'vision',
  'stream',
  'session',
  'cached_tokens',
  ...timed('ttft'),
  ...timed('duration'),
] as const
export type Mappable = (typeof MAPPABLE)[number]
/** Our name → their column. */
export type ColumnMap = ReadonlyMap<Mappable, string>

export const isMappable = (name: string): name is Mappable => (MAPPABLE as readonly string[]).includes(name)

/** What is missing from the map; undefined: nothing. */
export function missingFrom(map: ColumnMap): string | undefined {
  if (unitOf(map, 'arrival') === undefined && !map.has('arrival')) return 'arrival'
  return (['prompt_tokens', 'output_tokens'] as const).find((name) => !map.has(name))
}

function unitOf(map: ColumnMap, name: 'arrival' | 'ttft' | 'duration'): TimeUnit | undefined {
  return UNITS.find((unit) => map.has(`${name}_${unit}`))
}

function endingOf(status: string | null | undefined): Ending {
  if (status === undefined || status === null) return 'unknown'
  if (/^(?:2\d\d|ok|success(?:ful)?|succeeded|served|completed?|done|finished|stop|length|true)$/i.test(status))
    return 'served'
  if (/^(?:429|reject(?:ed)?|refused|shed|rate[-_ ]?limit(?:ed)?|throttled)$/i.test(status)) return 'refused'
  if (/^(?:499|cancell?ed|abort(?:ed)?|disconnect(?:ed)?)$/i.test(status)) return 'cancelled'
  if (/^(?:[45]\d\d|error(?:ed)?|fail(?:ed|ure)?|time[-_ ]?out|timed[-_ ]out|false)$/i.test(status)) return 'failed'
  return 'unknown'
}

export function mapped(map: ColumnMap): LogFormat {
  const column = (name: Mappable): readonly string[] => {
    const theirs = map.get(name)
    return theirs === undefined ? [] : [theirs]
  }
  const span = (row: LogRow, name: 'ttft' | 'duration'): number | null | undefined => {
    const unit = unitOf(map, name)
    return unit === undefined ? undefined : spanAt(row, unit, ...column(`${name}_${unit}`))
  }
  const unit = unitOf(map, 'arrival')
  const [arrival] = unit === undefined ? column('arrival') : column(`arrival_${unit}`)
  return {
    name: 'map',
    title: 'columns as mapped',
    sniff: () => 1,
    open(_, notes): LogReader {
      let unclear = 0
      return {
        time: { unit: unit ?? 'tell', clock: 'tell' },
        read(row) {
          const status = textAt(row, ...column('status'))
          const ending = endingOf(status)
          if (typeof status === 'string' && ending === 'unknown') unclear += 1
          const output = countAt(row, ...column('output_tokens'))
          return {
            time: row.cell(arrival!),
            model: textAt(row, ...column('model')),
            promptTokens: countAt(row, ...column('prompt_tokens')),
            outputTokens: output === 0 && (ending === 'failed' || ending === 'refused') ? null : output,
            estimatedPromptTokens: countAt(row, ...column('estimated_prompt_tokens')),
            maxTokens: countAt(row, ...column('max_tokens')),
            tools: truthAt(row, ...column('tools')),
            vision: truthAt(row, ...column('vision')),
            stream: truthAt(row, ...column('stream')),
            session: textAt(row, ...column('session')),
            cachedTokens: countAt(row, ...column('cached_tokens')),
            ttft_us: span(row, 'ttft'),
            duration_us: span(row, 'duration'),
            ending,
          }
        },
        end() {
          if (unclear > 0) notes.assume(`${unclear} rows have a status that says neither success nor failure to us`)
        },
      }
    },
  }
}
