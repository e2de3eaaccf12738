import type { HtmlTagDescriptor, Plugin } from 'vite'

/** Has the browser fetch the library together with the page's own code, which imports it a moment later: as soon as it opens the store. */
export function preloadPlugin(): Plugin {
  return {
    name: 'preload-library',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle = {} }) => {
        const library = Object.values(bundle).find((one) => one.type === 'chunk' && one.name === 'docstore')
        if (library?.type !== 'chunk') throw new Error('The build has no docstore')
        return [library.fileName, ...library.imports]
          .filter((file) => !html.includes(file))
          .map((file): HtmlTagDescriptor => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: '', href: `/${file}` }, injectTo: 'head' }))
      },
    },
  }
}
