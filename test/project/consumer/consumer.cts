import tunnel = require('odps-tunnel')
import emulator = require('odps-tunnel/emulator')

const start = async (): Promise<tunnel.Tunnel> =>
  new tunnel.Tunnel({ endpoint: (await emulator.startEmulator()).endpoint })

export = { start }
