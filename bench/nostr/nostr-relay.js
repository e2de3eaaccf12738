// The library `@nostr-relay/core` as its documentation has it served, with its SQLite storage. Arguments: port, file.
import { NostrRelay } from '@nostr-relay/core'
import { EventRepositorySqlite } from '@nostr-relay/event-repository-sqlite'
import { Validator } from '@nostr-relay/validator'
import { WebSocketServer } from 'ws'

const [, , port, file] = process.argv
const repository = new EventRepositorySqlite(file, { defaultLimit: 500 })
await repository.init()
const relay = new NostrRelay(repository)
const validator = new Validator()
new WebSocketServer({ port: Number(port), host: '127.0.0.1', perMessageDeflate: false }).on('connection', (socket) => {
  relay.handleConnection(socket)
  socket.on('message', async (data) => {
    try {
      await relay.handleMessage(socket, await validator.validateIncomingMessage(data))
    } catch (error) {
      socket.send(JSON.stringify(['NOTICE', error instanceof Error ? error.message : String(error)]))
    }
  })
  socket.on('close', () => relay.handleDisconnect(socket))
})
