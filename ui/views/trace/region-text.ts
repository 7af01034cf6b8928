/** A region in words. */
import { formatTime } from '../../charts/time/time-format.ts'
import { FATE_NAMES } from '../../data/trace/populations/attributes.ts'
import type { Region } from '../../data/trace/populations/region.ts'
import { valueText } from './tracks/track-scale.ts'

export function regionText({ from_us, to_us, ttft_us, fate }: Region): string {
  const step_s = to_us - from_us < 20e6 ? 0.1 : 1
  const when = `arrived ${formatTime(from_us / 1e6, step_s)} – ${formatTime(to_us / 1e6, step_s)}`
  if (ttft_us !== undefined) {
    const [least, most] = ttft_us
    const above = most >= Number.MAX_SAFE_INTEGER
    const took = above
      ? `${valueText('ttft', least)} or more`
      : `${valueText('ttft', least)} – ${valueText('ttft', most)}`
    return `${when}, first token after ${took}`
  }
  return fate === undefined ? when : `${when}, ${FATE_NAMES[fate]}`
}
