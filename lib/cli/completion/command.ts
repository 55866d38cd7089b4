import type { Call } from '../call.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { UsageError } from '../usage-error.js'
import { bashScript, zshScript } from './scripts.js'

/** @param commands loads all of them */
export const completionCommandFor = (commands: () => Promise<readonly Command[]>): Command => ({
  name: 'completion',
  summary: 'Print the completion script of a shell',
  description: ['Prints a script for the shell that completes commands, options and their values.'],
  operands: [{ name: '<bash|zsh>', help: 'The shell' }],
  operandCount: [1, 1],
  groups: [generalOptions],
  examples: [
    { text: 'In this bash', command: 'source <(odps-tunnel completion bash)' },
    {
      text: 'For zsh, into a folder of $fpath',
      command: 'odps-tunnel completion zsh > ~/.zfunc/_odps-tunnel',
    },
  ],
  run: async (call: Call): Promise<number> => {
    const [shell] = call.operands
    if (shell !== 'bash' && shell !== 'zsh')
      throw new UsageError(`there is no completion for '${shell}'`, 'Use bash or zsh')
    call.print((shell === 'bash' ? bashScript : zshScript)(await commands()))
    return exitCode.done
  },
})
