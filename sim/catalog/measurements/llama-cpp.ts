/**
 * LLaMA-7B v2 under llama.cpp on every chip: ggml-org/llama.cpp discussion 4167, as extracted in mac-provider 2.1.
 * Tokens per second; pp512 and tg128 for F16 (13.48 GB), Q8_0 (7.16 GB) and Q4_0 (3.82 GB).
 */

type Figure = number | null

export interface LlamaRow {
  readonly chip: string
  readonly quantisation: 'f16' | 'q8_0' | 'q4_0'
  readonly test: 'pp512' | 'tg128'
  readonly tps: number
}

const TABLE: readonly (readonly [
  chip: string,
  f16Prefill: Figure,
  f16Decode: Figure,
  q8Prefill: Figure,
  q8Decode: Figure,
  q4Prefill: Figure,
  q4Decode: Figure,
])[] = [
  ['M1 7c', null, null, 108.21, 7.92, 107.81, 14.19],
  ['M1 8c', null, null, 117.25, 7.91, 117.96, 14.15],
  ['M1 Pro 14c', 262.65, 12.75, 235.16, 21.95, 232.55, 35.52],
  ['M1 Pro 16c', 302.14, 12.75, 270.37, 22.34, 266.25, 36.41],
  ['M1 Max 24c', 453.03, 22.55, 405.87, 37.81, 400.26, 54.61],
  ['M1 Max 32c', 599.53, 23.03, 537.37, 40.2, 530.06, 61.19],
  ['M1 Ultra 48c', 875.81, 33.92, 783.45, 55.69, 772.24, 74.93],
  ['M1 Ultra 64c', 1168.89, 37.01, 1042.95, 59.87, 1030.04, 83.73],
  ['M2 8c', null, null, 147.27, 12.18, 145.91, 21.7],
  ['M2 10c', 201.34, 6.72, 181.4, 12.21, 179.57, 21.91],
  ['M2 Pro 16c', 312.65, 12.47, 288.46, 22.7, 294.24, 37.87],
  ['M2 Pro 19c', 384.38, 13.06, 344.5, 23.01, 341.19, 38.86],
  ['M2 Max 30c', 600.46, 24.16, 540.15, 39.97, 537.6, 60.99],
  ['M2 Max 38c', 755.67, 24.65, 677.91, 41.83, 671.31, 65.95],
  ['M2 Ultra 60c', 1128.59, 39.86, 1003.16, 62.14, 1013.81, 88.64],
  ['M2 Ultra 76c', 1401.85, 41.02, 1248.59, 66.64, 1238.48, 94.27],
  ['M3 10c', null, null, 187.52, 12.27, 186.75, 21.34],
  ['M3 Pro 14c', null, null, 272.11, 17.44, 269.49, 30.65],
  ['M3 Pro 18c', 357.45, 9.89, 344.66, 17.53, 341.67, 30.74],
  ['M3 Max 30c', 589.41, 19.54, 566.4, 34.3, 567.59, 56.58],
  ['M3 Max 40c', 779.17, 25.09, 757.64, 42.75, 759.7, 66.31],
  ['M3 Ultra 60c', 1121.8, 42.24, 1085.76, 63.55, 1073.09, 88.4],
  ['M3 Ultra 80c', 1538.34, 39.78, 1487.51, 63.93, 1471.24, 92.14],
  ['M4 10c', 230.18, 7.43, 223.64, 13.54, 221.29, 24.11],
  ['M4 Pro 16c', 381.14, 17.19, 367.13, 30.54, 364.06, 49.64],
  ['M4 Pro 20c', 464.48, 17.18, 449.62, 30.69, 439.78, 50.74],
  ['M4 Max 32c', 736.25, 24.29, 718.56, 43.87, 713.93, 69.95],
  ['M4 Max 40c', 922.83, 31.64, 891.94, 54.05, 885.68, 83.06],
  ['M5 Pro 20c', 1588.78, 21.55, null, null, 1620.64, 66.33],
  ['M5 Max 40c', null, null, null, null, 3219.99, 119.92],
]

const COLUMNS = [
  ['f16', 'pp512'],
  ['f16', 'tg128'],
  ['q8_0', 'pp512'],
  ['q8_0', 'tg128'],
  ['q4_0', 'pp512'],
  ['q4_0', 'tg128'],
] as const

export const llamaRows: readonly LlamaRow[] = TABLE.flatMap(([chip, ...figures]) =>
  figures.flatMap((tps, column) => {
    const [quantisation, test] = COLUMNS[column]!
    return tps === null ? [] : [{ chip, quantisation, test, tps }]
  }),
)
