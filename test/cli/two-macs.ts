/** The least of a scenario in which policies can differ, and quick to run: two Macs that hold the one model asked for. */
export const twoMacs = ({
  name,
  duration,
}: {
  readonly name: string
  readonly duration: string
}): string => `name: ${name}
duration: ${duration}
seeds: 1-2
models: [gpt-oss-20b]
fleet:
  - {count: 2, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b], resident: [gpt-oss-20b]}
demand:
  - arrivals: {poisson: 1/s}
    mix: {gpt-oss-20b: 100%}
    lengths: {prompt: 500, output: 20}
policies: [open, pools]
`
