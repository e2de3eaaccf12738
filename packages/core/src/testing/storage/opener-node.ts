/// <reference types="node" />
// A process that opens the given file and prints "opened", or the code of the error.
import { errorCode } from '../../errors.ts'
import { openNodeStorage } from '../../storage/open-node.ts'

try {
  const storage = openNodeStorage(process.argv[2] ?? '')
  await storage.close()
  console.log('opened')
} catch (error) {
  console.log(errorCode(error))
}
