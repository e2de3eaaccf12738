import { isIP } from 'node:net'
import { errorMessage } from '@p2p-docstore/core'
import type { NostrEvent } from '@p2p-docstore/core/nostr'
import type { Log } from '../../../log.ts'
import { type LineAnswer, LineProgram } from '../../../policy/line-program.ts'
import type { EventPolicy, PolicyAnswer } from '../intake/intake.ts'
import type { NostrConfig } from '../settings.ts'

/** Longest reason that is passed on, characters. */
const MAX_REASON = 300

type Decision = 'accept' | PolicyAnswer

/**
 * A program as strfry has them: it reads `{"type":"new","event","receivedAt","sourceType","sourceInfo"}`, one event a line, and answers each with
 * `{"id","action":"accept"|"reject"|"shadowReject","msg"}`. What holds where it does not answer in time is the operator's choice.
 */
export function openEventPolicy(path: string, { policyTimeout, policyOnFailure }: NostrConfig, log: Log): EventPolicy {
  const program = new LineProgram<string, Decision>(path, log, readDecision)
  return async (event: NostrEvent, address: string): Promise<PolicyAnswer | undefined> => {
    const question = {
      type: 'new',
      event,
      receivedAt: Math.floor(Date.now() / 1000),
      sourceType: isIP(address) === 6 ? 'IP6' : 'IP4',
      sourceInfo: address,
    }
    try {
      const decision = await program.ask(event.id, question, AbortSignal.timeout(policyTimeout))
      return decision === 'accept' ? undefined : decision
    } catch (error) {
      log.error({ policy: path, reason: errorMessage(error) }, 'policy-failed')
      return policyOnFailure === 'open' ? undefined : { reason: 'error: it cannot be decided now whether this is taken, try again', isSilent: false }
    }
  }
}

function readDecision(line: string): LineAnswer<string, Decision> | undefined {
  try {
    const { id, action, msg } = JSON.parse(line) as Readonly<Record<string, unknown>>
    if (typeof id !== 'string') return undefined
    if (action === 'accept') return { key: id, answer: 'accept' }
    if (action !== 'reject' && action !== 'shadowReject') return undefined
    const reason = typeof msg === 'string' && msg !== '' ? msg.slice(0, MAX_REASON) : 'this event is not taken here'
    return { key: id, answer: { reason: /^[a-z-]+: /.test(reason) ? reason : `blocked: ${reason}`, isSilent: action === 'shadowReject' } }
  } catch {
    return undefined
  }
}
