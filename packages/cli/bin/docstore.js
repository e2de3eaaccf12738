#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { enableCompileCache } from 'node:module'
import { sourcesAreNewer, useSources } from './sources.js'

// Before anything else is loaded: later starts then find everything compiled.
enableCompileCache()
if (sourcesAreNewer()) useSources()
const { run } = await import('@p2p-docstore/cli')
process.exit(await run(process.argv.slice(2)))
