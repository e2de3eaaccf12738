import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import type { IntakePolicy } from 'p2p-docstore'
import type { Log } from '../log.ts'
import { PolicyProgram } from './policy-program.ts'

/** A policy of an operator: a module (`.js`, `.mjs`, `.ts`) that exports a function `policy`, or a program that is asked by lines of JSON. It is opened when it is first asked. */
export function openPolicy(path: string, log: Log): IntakePolicy {
  if (!/\.(m?js|m?ts)$/.test(path)) {
    const program = new PolicyProgram(path, log)
    return (offered, signal) => program.ask(offered, signal)
  }
  let loaded: Promise<IntakePolicy> | undefined
  return async (offered, signal) => {
    loaded ??= loadPolicy(path)
    try {
      return await (await loaded)(offered, signal)
    } catch (error) {
      // It may be mended, and then loaded.
      loaded = undefined
      throw error
    }
  }
}

async function loadPolicy(path: string): Promise<IntakePolicy> {
  try {
    const { policy } = (await import(pathToFileURL(resolve(path)).href)) as { readonly policy?: unknown }
    if (typeof policy === 'function') return policy as IntakePolicy
  } catch (cause) {
    throw new DocstoreError('policy-failed', `The policy ${path} cannot be loaded: ${errorMessage(cause)}`, { cause })
  }
  throw new DocstoreError('policy-failed', `The module ${path} exports no function \`policy\``)
}
