// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;

/**
 * A policy set in force.
 *
 * @param epoch its number; the first is 1, and each is one more than the one before
 * @param minEpoch the earliest epoch whose artifacts still counted when it came into force; at least
 *     1, at most {@code epoch}
 * @param leafIndex the leaf that put it in force
 */
public record PolicyEpoch(long epoch, Hash policyDigest, long minEpoch, long leafIndex) {}
