import { createDocstore } from '../index-node.ts'

// A program that reads a data folder, copies it into a backup, and tries to write: prints how many documents it finds, what the doctor does, and the code
// of the error.
const [data = '', id = '', backup = ''] = process.argv.slice(2)
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : String(error))
try {
  const store = await createDocstore({ data })
  const notes = await store.namespaces.open(id)
  const written = await notes.put({ _id: 'new' }).then(() => 'written', codeOf)
  await store.replica.backup(backup)
  const faults = (await store.doctor()).flatMap(({ fault }) => fault ?? [])
  console.log(JSON.stringify({ count: await notes.count(), found: (await notes.find({ n: 7 }).toArray()).length, written, faults }))
  await store.close()
} catch (error) {
  console.log(JSON.stringify({ code: codeOf(error), message: String(error) }))
}
