// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.StateChange.AddInvitation;
import dev.writ.ledger.StateChange.RedeemInvitation;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** Changes of invitations, made as {@link StateWrites} says. */
final class InvitationWrites {
  private static final String ADD =
      "INSERT INTO invitation (digest, host_name, expires, leaf_index, redeemed_by)"
          + " SELECT ?, ?, ?, ?, NULL WHERE NOT EXISTS (SELECT 1 FROM host WHERE name = ?)"
          + " ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String REDEEM =
      "UPDATE invitation SET redeemed_by = ?"
          + " WHERE digest = ? AND host_name = ? AND expires > ? AND redeemed_by IS NULL";

  private final Statements statements;
  private final StateReads reads;

  InvitationWrites(Statements statements) {
    this.statements = statements;
    this.reads = new StateReads(statements);
  }

  Optional<Refusal> add(AddInvitation invitation, long index) throws SQLException {
    String host = invitation.hostName();
    if (statements.any(ADD, invitation.digest(), host, invitation.expires(), index, host)) {
      return Optional.empty();
    }
    boolean enrolled = reads.hostByName(host).isPresent();
    return Optional.of(enrolled ? Refusal.HOST_NAME_TAKEN : Refusal.INVITATION_TAKEN);
  }

  Optional<Refusal> redeem(RedeemInvitation invitation, long index, Instant time)
      throws SQLException {
    String host = invitation.hostName();
    if (statements.update(REDEEM, index, invitation.digest(), host, time) == 1) {
      return Optional.empty();
    }
    boolean spent =
        reads
            .invitation(invitation.digest())
            .filter(known -> known.hostName().equals(host) && known.redeemedBy().isPresent())
            .isPresent();
    return Optional.of(spent ? Refusal.INVITATION_SPENT : Refusal.INVITATION_INVALID);
  }
}
