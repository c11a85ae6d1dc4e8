// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;

/** A tree: its number of leaves and its root. */
record Head(long size, Hash root) {}
