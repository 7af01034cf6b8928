/**
 * A yardstick, not a race: Doubleword's inference-lab, which steps the tokens of one replica of a large GPU, at growing
 * numbers of requests, one replica, 3 requests/s. The loads are not equal (it knows no fleet, no memory of a Mac, no coordinator; we do not
 * step tokens); what it shows is how this machine does today, and how the cost of a request grows with the length of a run.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync, run_simulation } from '@doublewordai/inference-lab'

const SIZES = [400, 1_000, 5_000]

/** 70 billion parameters at one byte on a GPU of 1.5 PFLOP/s and 3.35 TB/s; lognormal prompts and answers. */
const configuration = (requests: number) => ({
  hardware: {
    name: 'gpu',
    compute_flops: 1.513e15,
    memory_bandwidth: 3.35e12,
    memory_capacity: 3.2e11,
    bytes_per_param: 1,
  },
  model: {
    name: '70b',
    num_parameters: 70e9,
    num_layers: 80,
    hidden_dim: 8_192,
    num_heads: 64,
    num_kv_heads: 8,
    max_seq_len: 8_192,
  },
  scheduler: {
    max_num_batched_tokens: 8_192,
    max_num_seqs: 256,
    policy: 'fcfs',
    enable_chunked_prefill: true,
    block_size: 16,
  },
  workload: {
    arrival_pattern: 'poisson',
    arrival_rate: 3,
    seed: 42,
    input_len_dist: { type: 'lognormal', mean: 6.9, std_dev: 0.7 },
    output_len_dist: { type: 'lognormal', mean: 5.3, std_dev: 0.8 },
    num_requests: requests,
  },
  simulation: { log_interval: 100 },
})

const wasm = createRequire(import.meta.url)
  .resolve('@doublewordai/inference-lab')
  .replace(/\.js$/, '_bg.wasm')
initSync({ module: readFileSync(wasm) })
run_simulation(JSON.stringify(configuration(SIZES[0]!)))
for (const requests of SIZES) {
  const before = process.cpuUsage()
  run_simulation(JSON.stringify(configuration(requests)))
  const { user, system } = process.cpuUsage(before)
  const rate = requests / ((user + system) / 1e6)
  process.stdout.write(
    `inference-lab 0.2.1, ${requests} requests: ${Math.round(rate).toLocaleString('en')} requests per CPU second\n`,
  )
}
