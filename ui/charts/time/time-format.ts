/** Simulated time for people: `12:30` (minutes and seconds), `3:05:00` (hours), with as much detail as a step needs. */
const two = (value: number): string => String(value).padStart(2, '0')

export function formatTime(seconds: number, step_s = 1): string {
  const decimals = step_s >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step_s)))
  const sign = seconds < 0 ? '-' : ''
  // Rounded before it is taken apart: 9:59.96 is 10:00.0 and not 9:60.0. Whole seconds are those that are over.
  const scale = 10 ** decimals
  const size = decimals === 0 ? Math.abs(seconds) : Math.round(Math.abs(seconds) * scale) / scale
  const [hours, minutes] = [Math.floor(size / 3600), Math.floor(size / 60) % 60]
  const rest = size % 60
  const secondsText = decimals === 0 ? two(Math.floor(rest)) : rest.toFixed(decimals).padStart(3 + decimals, '0')
  return hours > 0 ? `${sign}${hours}:${two(minutes)}:${secondsText}` : `${sign}${minutes}:${secondsText}`
}

const STEPS_S = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400]

/** Ticks where people expect them: whole minutes, quarters of an hour, hours. */
export function timeTicks(
  from_s: number,
  to_s: number,
  most: number,
): { readonly step_s: number; readonly ticks: number[] } {
  const step_s =
    STEPS_S.find((step) => (to_s - from_s) / step <= most) ?? Math.ceil((to_s - from_s) / most / 86400) * 86400
  const ticks: number[] = []
  for (let i = Math.ceil(from_s / step_s); i * step_s <= to_s; i += 1) ticks.push(i * step_s)
  return { step_s, ticks }
}
