// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.Challenge;

/** What a host that asks for a challenge gets. */
public sealed interface ChallengeOutcome {
  /** A challenge. */
  record Issued(Challenge challenge) implements ChallengeOutcome {}

  /** None. */
  record Denied(Denial denial) implements ChallengeOutcome {}
}
