/**
 * Reads day files of a lake. docs/lake-format.md is all that it relies on: no code of NFOpsLab is used.
 *
 * Everything stays as stored: prices are integer paise, clocks are nanoseconds since 1970 UTC as BigInt, and a missing
 * value is null.
 */

import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const NANOSECONDS = 1_000_000_000n
const IST_AHEAD_OF_UTC = 19_800n * NANOSECONDS

const exactNanoseconds = { timestampFromNanoseconds: (nanoseconds) => nanoseconds }

/** A mistake of the caller's, told in one sentence. */
export class InputError extends Error {}

/**
 * @typedef {object} Contract
 * @property {string} expiry the day it really expired, as 2025-12-30
 * @property {string} kind CE or PE
 * @property {number} strike rupees
 * @property {number} firstRow the row of the file at which its rows begin
 * @property {number} rows how many there are
 * @property {number} rowGroup the row group that holds them all
 */

/** One underlying's options of one day. */
export class OptionsDay {
  #file
  #metadata

  constructor(file, metadata) {
    const blocks = new Map(metadata.key_value_metadata.map(({ key, value }) => [key, value]))
    this.#file = file
    this.#metadata = metadata
    /** `vendor` or `synthetic`: say so beside everything made from it. */
    this.source = blocks.get('nfolab_source')
    /** What the file says of itself: `schema_version`, `underlying`, `day`, `content`, … */
    this.about = JSON.parse(blocks.get('nfolab_lake'))
    /** @type {Contract[]} in the order of the file */
    this.contracts = contractsOf(JSON.parse(blocks.get('nfolab_contracts')))
    /** How many bytes of the file were asked for so far. */
    this.bytesRead = 0
  }

  /**
   * Open `LAKE/options/<UNDERLYING>/<day>.parquet`, and read its footer.
   *
   * @param {string} lake
   * @param {string} underlying
   * @param {string} day as 2025-12-15
   */
  static async open(lake, underlying, day) {
    const path = join(lake, 'options', underlying, `${day}.parquet`)
    const file = await asyncBufferFromFile(path).catch(() => {
      throw new InputError(`there is no ${path}: see what the lake holds with nfolab lake days`)
    })
    return new OptionsDay(file, await parquetMetadataAsync(file))
  }

  /**
   * Find a contract.
   *
   * @returns {Contract}
   */
  contract(expiry, strike, kind) {
    const found = this.contracts.find((one) => one.expiry === expiry && one.strike === strike && one.kind === kind)
    if (found === undefined) {
      throw new InputError(`${this.about.underlying} ${expiry} ${strike} ${kind} has no row on ${this.about.day}`)
    }
    return found
  }

  /**
   * Read columns of a contract's rows, in the order of the file. Only those columns' chunks of its own row group are
   * read, and of these, by the page index, only the pages that hold its rows.
   *
   * @param {Contract} contract
   * @param {string[]} columns names as stored, such as `price_paise`
   * @returns {Promise<Record<string, number | bigint | string | Date | null>[]>}
   */
  async read(contract, columns) {
    const stored = new Set(this.#metadata.schema.slice(1).map(({ name }) => name))
    const unknown = columns.filter((name) => !stored.has(name))
    if (unknown.length > 0) {
      throw new InputError(`the lake stores no column ${unknown.join(', ')}: see docs/lake-format.md`)
    }
    return parquetReadObjects({
      file: { byteLength: this.#file.byteLength, slice: (start, end) => this.#slice(start, end) },
      metadata: this.#metadata,
      compressors,
      columns,
      rowStart: contract.firstRow,
      rowEnd: contract.firstRow + contract.rows,
      parsers: exactNanoseconds,
      useOffsetIndex: true,
    })
  }

  async #slice(start, end) {
    const bytes = await this.#file.slice(start, end)
    this.bytesRead += bytes.byteLength
    return bytes
  }
}

function contractsOf(index) {
  return index.strike.map((strike, place) => ({
    expiry: index.expiry[place],
    kind: index.kind[place],
    strike,
    firstRow: index.first_row[place],
    rows: index.rows[place],
    rowGroup: index.row_group[place],
  }))
}

/** Keep the newest row of each second: rows are in order of time, and of one second the last is the newest. */
export function newestOfEachSecond(rows) {
  const second = (row) => row.timestamp / NANOSECONDS
  return rows.filter((row, place) => place + 1 === rows.length || second(rows[place + 1]) !== second(row))
}

/** Return the wall clock in India, to the second: `2025-12-15 09:45:01`. */
export function indianTime(nanoseconds) {
  const shifted = new Date(Number((nanoseconds + IST_AHEAD_OF_UTC) / 1_000_000n))
  return shifted.toISOString().slice(0, 19).replace('T', ' ')
}

/** Return paise as rupees with two decimals, and what is missing as an empty text. */
export function rupees(paise) {
  return paise === null ? '' : (paise / 100).toFixed(2)
}
