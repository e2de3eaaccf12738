#!/usr/bin/env -S node --conditions=@p2p-docstore/source --disable-warning=ExperimentalWarning
import { enableCompileCache } from 'node:module'

// Before anything else is loaded: later starts then find everything compiled.
enableCompileCache()
const { run } = await import('./run.ts')
process.exit(await run(process.argv.slice(2)))
