import { createInterface } from 'node:readline'
import { createDocstore } from '../index-node.ts'

// A program of its own on a data folder: says whether it owns it, and does what the lines on its standard input say.
const [data] = process.argv.slice(2)
try {
  const store = await createDocstore({ network: 'off', ...(data === undefined ? {} : { data }) })
  console.log(JSON.stringify({ isOwner: store.isOwner, isCopy: store.isCopy, epoch: store.info.epoch, peer: await store.peerId() }))
  for await (const line of createInterface({ input: process.stdin })) {
    const end = Date.now() + Number(line)
    console.log('busy')
    // Whoever is busy like this answers nobody.
    while (Date.now() < end);
  }
  await store.close()
} catch (error) {
  const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
  console.log(JSON.stringify({ code, message: String(error) }))
  process.exitCode = 1
}
