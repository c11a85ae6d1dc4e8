// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * An operator's invitation to a host.
 *
 * @param digest SHA-256 of its secret
 * @param hostName the host that it names
 * @param expires first moment at which it is worth nothing any more
 * @param leafIndex the leaf that gave it
 * @param redeemedBy the leaf of the enrolment that used it; empty if none did
 */
public record Invitation(
    Hash digest, String hostName, Instant expires, long leafIndex, OptionalLong redeemedBy) {}
