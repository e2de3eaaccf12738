import { minify } from 'terser'
import type { Plugin } from 'vite'

/** Minifies what Vite has minified once more, with another library: together they leave a percent less to download. */
export function minifyAgainPlugin(): Plugin {
  return {
    name: 'minify-again',
    apply: 'build',
    async generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        const { code } = await minify(chunk.code, { module: true, compress: { passes: 2, ecma: 2020 }, format: { comments: false } })
        if (code !== undefined && code.length < chunk.code.length) chunk.code = code
      }
    },
  }
}
