#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
// Nothing is imported up here: an older Node would stop at what it does not have, before it could be said.
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(`docstore: this is Node ${process.versions.node}, and Node 24 or later is needed. In a clone, "npx docstore" brings its own.`)
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
const { sourcesAreNewer, useSources } = await import('./sources.js')
// Before anything else is loaded: later starts then find everything compiled.
enableCompileCache()
if (sourcesAreNewer()) useSources()
const { run } = await import('@p2p-docstore/cli')
process.exit(await run(process.argv.slice(2)))
