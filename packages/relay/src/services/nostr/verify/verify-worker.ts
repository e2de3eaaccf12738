import { parentPort } from 'node:worker_threads'
import { schnorr } from '@noble/curves/secp256k1.js'
import { KNOWN_CHECKS } from './known-checks.ts'
import { CHECK_BYTES, openWasm } from './wasm-verify.ts'

/** What the thread says first, and then to each order. */
export type FromVerifyWorker = { readonly engine: 'wasm' | 'pure' } | { readonly id: number; readonly results: Uint8Array }

/** An order: checks of 128 bytes each. */
export interface VerifyOrder {
  readonly id: number
  readonly checks: Uint8Array
}

type Check = (checks: Uint8Array, at: number) => boolean

const pure: Check = (checks, at) =>
  schnorr.verify(checks.subarray(at + 64, at + 128), checks.subarray(at, at + 32), checks.subarray(at + 32, at + 64))

/** libsecp256k1, if it says what is known of known signatures. */
async function fastest(): Promise<{ readonly engine: 'wasm' | 'pure'; readonly check: Check }> {
  try {
    const check = await openWasm()
    if (KNOWN_CHECKS.every(({ bytes, isRight }) => check(bytes, 0) === isRight)) return { engine: 'wasm', check }
  } catch {
    // The other one does the same, in seven times the time; who reads the metrics sees it.
  }
  return { engine: 'pure', check: pure }
}

const { engine, check } = await fastest()
parentPort?.on('message', ({ id, checks }: VerifyOrder) => {
  const results = new Uint8Array(checks.length / CHECK_BYTES)
  for (let i = 0; i < results.length; i++) results[i] = check(checks, i * CHECK_BYTES) ? 1 : 0
  parentPort?.postMessage({ id, results } satisfies FromVerifyWorker)
})
parentPort?.postMessage({ engine } satisfies FromVerifyWorker)
