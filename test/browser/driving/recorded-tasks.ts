/**
 * The tasks of a page and its workers, as the browser's own tracing records them: how long each took by the clock, and how
 * much of the processor it had, which says the same on a busy machine as on a quiet one.
 */
import type { Browser } from 'playwright-core'

export interface RecordedTask {
  readonly thread: 'page' | 'worker'
  /** What `mark` said last before it began; '': before the first. */
  readonly step: string
  /** From the page's navigation, as its own clock counts. */
  readonly wall_ms: number
  readonly processor_ms: number
  /** The longest thing in it that has a name. */
  readonly what: string
}

interface TraceEvent {
  readonly ph: string
  readonly cat: string
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly tdur?: number
  readonly args: {
    readonly name?: string
    readonly data?: {
      readonly functionName?: string
      readonly url?: string
      readonly lineNumber?: number
      readonly columnNumber?: number
      readonly type?: string
    }
  }
}

const CATEGORIES = ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'blink.user_timing', 'v8.execute']

/** What pages call `performance.mark` with, so that tasks are told apart. */
export const STEP = 'step: '

export interface Recording {
  /** Of the process that marked steps. */
  end(): Promise<readonly RecordedTask[]>
}

export async function recordTasks(browser: Browser): Promise<Recording> {
  const session = await browser.newBrowserCDPSession()
  const traceConfig = { includedCategories: CATEGORIES, excludedCategories: ['*'], traceBufferSizeInKb: 1_000_000 }
  await session.send('Tracing.start', { transferMode: 'ReturnAsStream', traceConfig })
  return {
    async end() {
      const complete = new Promise<{ readonly stream?: string }>((done) =>
        session.once('Tracing.tracingComplete', done),
      )
      await session.send('Tracing.end')
      const handle = (await complete).stream!
      let text = ''
      for (let eof = false; !eof; ) {
        const piece = await session.send('IO.read', { handle, size: 1 << 22 })
        text += piece.data
        eof = piece.eof
      }
      await session.detach()
      return tasksOf((JSON.parse(text) as { readonly traceEvents: readonly TraceEvent[] }).traceEvents)
    },
  }
}

const isMark = ({ cat, name }: TraceEvent): boolean => cat.includes('blink.user_timing') && name.startsWith(STEP)

const isTask = ({ ph, name }: TraceEvent): boolean => ph === 'X' && name === 'RunTask'

/** `FunctionCall receive lab-client.js:3:120`. */
function wordsOf({ name, args: { data } }: TraceEvent): string {
  const place = data?.url === undefined ? '' : ` ${data.url.split('/').at(-1)!}:${data.lineNumber}:${data.columnNumber}`
  return `${name} ${data?.functionName ?? data?.type ?? ''}${place}`.replaceAll('  ', ' ').trim()
}

function tasksOf(events: readonly TraceEvent[]): readonly RecordedTask[] {
  const marks = events.filter(isMark).toSorted((a, b) => a.ts - b.ts)
  const pid = marks[0]?.pid
  const threads = new Map<number, RecordedTask['thread']>()
  for (const event of events) {
    if (event.ph !== 'M' || event.name !== 'thread_name' || event.pid !== pid) continue
    if (event.args.name === 'CrRendererMain') threads.set(event.tid, 'page')
    if (event.args.name?.startsWith('DedicatedWorker') === true) threads.set(event.tid, 'worker')
  }
  const own = events.filter((event) => event.pid === pid && threads.has(event.tid))
  return own.filter(isTask).map((task) => {
    const end = task.ts + (task.dur ?? 0)
    const inside = (event: TraceEvent): boolean =>
      event.ph === 'X' && event.tid === task.tid && event.ts >= task.ts && event.ts < end && !isTask(event)
    const longest =
      (task.tdur ?? 0) < 50_000
        ? undefined
        : own
            .filter(inside)
            .reduce<TraceEvent | undefined>((a, b) => ((a?.dur ?? 0) >= (b.dur ?? 0) ? a : b), undefined)
    return {
      thread: threads.get(task.tid)!,
      step: marks.findLast(({ ts }) => ts <= end)?.name.slice(STEP.length) ?? '',
      wall_ms: (task.dur ?? 0) / 1000,
      processor_ms: (task.tdur ?? 0) / 1000,
      what: longest === undefined ? '' : wordsOf(longest),
    }
  })
}
