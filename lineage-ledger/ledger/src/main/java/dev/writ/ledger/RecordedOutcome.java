// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;

/**
 * A report that was recorded: one of those that a reporter may make on an artifact.
 *
 * @param jti the artifact that it is about
 * @param reporterKid RFC 7638 thumbprint of the key that signed it
 * @param statementDigest digest of what was signed
 * @param leafIndex the leaf that recorded it
 */
public record RecordedOutcome(
    UuidV7 jti, Hash reporterKid, ReportedState state, Hash statementDigest, long leafIndex) {}
