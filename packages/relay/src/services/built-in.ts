import { directory } from './directory.ts'
import { discovery } from './discovery.ts'
import { gateway } from './gateway/gateway.ts'
import { messages } from './messages.ts'
import { names } from './names.ts'
import { nostr } from './nostr/nostr.ts'
import type { Service } from './service.ts'
import { signaling } from './signaling.ts'
import { storage } from './storage.ts'

/** The services that come with a relay. All of them but those that have to be named run where nothing is chosen. */
export const BUILT_IN: readonly Service[] = [signaling, discovery, directory, storage, gateway, messages, names, nostr]
