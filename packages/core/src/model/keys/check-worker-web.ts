import type { AskedChecks } from './checks-aside-web.ts'
import { verifyEquation } from './crypto-web.ts'
import { SIGNATURE_BYTES } from './identity.ts'

/** A worker that checks signatures for another one, in the order in which it is asked. */
const KEY_BYTES = 32

async function answer({ bytes, lengths }: AskedChecks): Promise<void> {
  const [signatures, messages] = [lengths.length * KEY_BYTES, lengths.length * (KEY_BYTES + SIGNATURE_BYTES)]
  let start = messages
  const verdicts = lengths.map((length, i) =>
    verifyEquation(
      bytes.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES),
      bytes.subarray(start, (start += length)),
      bytes.subarray(signatures + i * SIGNATURE_BYTES, signatures + (i + 1) * SIGNATURE_BYTES),
    ),
  )
  globalThis.postMessage(await Promise.all(verdicts))
}

let answered: Promise<void> = Promise.resolve()
globalThis.addEventListener('message', ({ data }: MessageEvent<AskedChecks>) => {
  answered = answered.then(() => answer(data))
})
