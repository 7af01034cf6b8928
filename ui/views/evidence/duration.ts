/** A duration on an axis: `850 ms`, `2.5 s`. */
export const formatDuration = (ms: number): string =>
  ms >= 1000 ? `${Number((ms / 1000).toPrecision(3))} s` : `${Number(ms.toPrecision(3))} ms`
