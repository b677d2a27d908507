/**
 * Asks nfolab from Node, and reads the tables of its runs.
 *
 * A command's JSON has rupees and clocks as text. The tables have integer paise and nanoseconds since 1970 UTC, both as
 * BigInt where the column has 64 bits.
 */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const PART_FAILED = 3
const MOST_BYTES = 1 << 30

const execute = promisify(execFile)
const exactNanoseconds = { timestampFromNanoseconds: (nanoseconds) => nanoseconds }

/** What nfolab refused, in its own sentence. */
export class InputError extends Error {}

/**
 * Run a command and return its JSON document.
 *
 * @param {string[]} words such as ['run', 'short_straddle', '--lake', 'lake']; no shell reads them
 * @param {string} [command] where nfolab is, such as .venv/bin/nfolab
 * @returns {Promise<{document: any, partFailed: boolean}>} partFailed: a task failed, and the rest was done and kept
 */
export async function ask(words, command = process.env.NFOLAB ?? 'nfolab') {
  try {
    const { stdout } = await execute(command, [...words, '--json'], { maxBuffer: MOST_BYTES })
    return { document: JSON.parse(stdout), partFailed: false }
  } catch (problem) {
    if (problem.code === PART_FAILED) return { document: JSON.parse(problem.stdout), partFailed: true }
    if (problem.code === 2) throw new InputError(problem.stderr.trim())
    throw problem
  }
}

/**
 * Read a table of a run.
 *
 * @param {string} run its folder, `path` in the document of `nfolab run`
 * @param {'plan' | 'ledger' | 'trades' | 'legs' | 'events' | 'days'} table
 * @param {string[]} [columns] all by default
 * @returns {Promise<Record<string, any>[]>}
 */
export async function readTable(run, table, columns) {
  const file = await asyncBufferFromFile(join(run, `${table}.parquet`))
  return parquetReadObjects({ file, compressors, columns, parsers: exactNanoseconds })
}

/** Return paise as rupees with two decimals. */
export function rupees(paise) {
  const amount = BigInt(paise)
  const whole = amount < 0n ? -amount : amount
  return `${amount < 0n ? '-' : ''}${whole / 100n}.${String(whole % 100n).padStart(2, '0')}`
}
