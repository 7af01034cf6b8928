/** The chosen window as queries take it. */
import type { TimeWindow } from '../../state/dashboard.ts'

export const windowOf = (window: TimeWindow | undefined): { readonly from_us?: number; readonly to_us?: number } =>
  window === undefined ? {} : { from_us: Math.round(window.from_s * 1e6), to_us: Math.round(window.to_s * 1e6) }
