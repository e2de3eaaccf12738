import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const COMPRESSIBLE = /\.(js|css|html|svg|json|wasm)$/
/** Files below this are sent faster as they are. */
const MIN_BYTES = 512

/** Writes a `.gz` and a `.br` beside every built file, so that the relay sends small files without work of its own. */
export function precompressPlugin(): Plugin {
  let folder = 'dist'
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir)
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      handler: async () => {
        const files = await readdir(folder, { recursive: true, withFileTypes: true })
        const paths = files.filter((file) => file.isFile() && COMPRESSIBLE.test(file.name)).map((file) => join(file.parentPath, file.name))
        await Promise.all(paths.map(compress))
      },
    },
  }
}

async function compress(path: string): Promise<void> {
  const data = await readFile(path)
  if (data.length < MIN_BYTES) return
  const brotli = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }
  await Promise.all([
    writeFile(`${path}.gz`, await promisify(gzip)(data, { level: 9 })),
    writeFile(`${path}.br`, await promisify(brotliCompress)(data, brotli)),
  ])
}
