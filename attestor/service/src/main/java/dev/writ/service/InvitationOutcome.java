// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.Octets;
import java.time.Instant;

/** What an operator who invites a host gets. */
public sealed interface InvitationOutcome {
  /**
   * The invitation is in the ledger.
   *
   * @param hostName who may enrol with it
   * @param secret shows who was invited, once; the service keeps no more than its digest
   * @param expires the first moment at which it is good for nothing
   * @param leafIndex of the leaf that says so
   */
  record Invited(String hostName, Octets secret, Instant expires, long leafIndex)
      implements InvitationOutcome {
    @Override
    public String toString() {
      return "Invited(" + hostName + ", secret not shown, " + expires + ", " + leafIndex + ")";
    }
  }

  /** Nobody is invited. */
  record Denied(Denial denial) implements InvitationOutcome {}
}
