// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.SignedNote;

/** A tree under its signed checkpoint. */
record SignedHead(Head head, SignedNote note) {}
