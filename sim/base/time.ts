/**
 * Simulated time. The clock counts whole microseconds since the start of the run, so that sums are exact and order
 * never depends on rounding; 2^53 microseconds are 285 years. Durations of GPU steps are whole nanoseconds inside the
 * Mac and become microseconds only when something is delivered.
 */
import type { Brand } from './brand.ts'

/** A point in simulated time, or a duration, in whole microseconds. */
export type Micros = Brand<number, 'Micros'>
/** A duration in whole nanoseconds. Exact below 2^53 ns = 104 days. */
export type Nanos = Brand<number, 'Nanos'>

export const MICROS_PER_SECOND = 1_000_000
export const NANOS_PER_MICRO = 1_000

/** Rounds to whole microseconds, halves up. */
export const microsFromSeconds = (seconds: number): Micros => Math.round(seconds * MICROS_PER_SECOND) as Micros
export const millisOf = (micros: Micros): number => micros / 1_000
export const addMicros = (a: Micros, b: Micros): Micros => (a + b) as Micros
export const subMicros = (a: Micros, b: Micros): Micros => (a - b) as Micros
/** Rounds up, so that nothing is ever delivered before it was produced. */
export const microsCovering = (nanos: Nanos): Micros => Math.ceil(nanos / NANOS_PER_MICRO) as Micros
