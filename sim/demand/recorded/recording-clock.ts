/** The clock of a recording: how fine it is, what it shows, and where on it a replay may begin. */
import type { StartPoint } from '../arrivals/config.ts'
import type { TraceFile } from './trace-file.ts'

const DAY = 86_400_000_000

/** The coarsest of 1 µs, 10 µs, … 1 s of which all times as written are multiples: as many decimals as they need. */
export function decimalStep({ arrivals, firstAt }: TraceFile): number {
  let step = 1_000_000
  for (const at of arrivals) while ((firstAt + at) % step !== 0) step /= 10
  return step
}

/** Microseconds after the first request at which a replay that is told so begins; undefined: the recording does not reach it. */
export function startOffset({ arrivals, firstAt }: TraceFile, start: StartPoint): number | undefined {
  const offset = start.kind === 'after' ? start.after : (((start.clock - firstAt) % DAY) + DAY) % DAY
  return offset <= arrivals[arrivals.length - 1]! ? offset : undefined
}

/** `lasts 3501s from its first request, which came at 18:15:46 of its clock` */
export function extentText({ arrivals, firstAt }: TraceFile): string {
  const lasts_s = Math.floor(arrivals[arrivals.length - 1]! / 1_000_000)
  const day_s = Math.floor((firstAt % DAY) / 1_000_000)
  const clock = [day_s / 3_600, (day_s / 60) % 60, day_s % 60]
  const shown = clock.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')
  return `lasts ${lasts_s}s from its first request, which came at ${shown} of its clock`
}
