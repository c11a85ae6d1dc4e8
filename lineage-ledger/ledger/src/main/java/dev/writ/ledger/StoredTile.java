// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.TilePath;

/**
 * A tile as a row of the store.
 *
 * @param path its width is that of the row, the widest there is
 * @param hashes {@code 32 * path.width()} bytes
 */
record StoredTile(TilePath path, byte[] hashes) {}
