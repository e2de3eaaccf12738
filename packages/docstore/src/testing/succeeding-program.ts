import { createDocstore } from '../index-node.ts'

// Puts a namespace in the place of another one, and is killed at the document with this number.
const [data, id = '', last] = process.argv.slice(2)
const store = await createDocstore({ network: 'off', ...(data === undefined ? {} : { data }) })
let count = 0
await store.namespaces.succeed(id, { write: 'anyone' }, ({ _id, ...document }) => {
  if (++count > Number(last)) process.kill(process.pid, 'SIGKILL')
  return document
})
