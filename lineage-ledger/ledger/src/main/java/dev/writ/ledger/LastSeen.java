// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import java.time.Instant;

/**
 * What was last seen of a host: of the quotes of its last boot that of the greatest clock.
 *
 * @param seen when that quote had come, to the millisecond
 * @param anchor since when the clock must advance, to the millisecond: the verifier's to say
 * @param leafIndex of the newest entry that brought a quote
 */
public record LastSeen(
    AkName akName, HostClock clock, Instant seen, Instant anchor, long leafIndex) {}
