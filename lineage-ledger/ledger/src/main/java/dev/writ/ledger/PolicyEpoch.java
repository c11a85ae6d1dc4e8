// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;

/**
 * A policy set in force.
 *
 * @param epoch its number; the first is 1, and each is one more than the one before
 * @param leafIndex the leaf that put it in force
 */
public record PolicyEpoch(long epoch, Hash policyDigest, long leafIndex) {}
