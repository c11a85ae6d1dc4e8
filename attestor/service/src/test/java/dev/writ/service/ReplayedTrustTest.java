// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.KeyRole;
import dev.writ.ledger.Fsck;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StoredLedger;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From which leaf on a trust file was believed is told by leaves, whatever the store's rows say. */
final class ReplayedTrustTest extends DualControlled {
  @Test
  void trustFileThatTheStoreMovesBehindAnotherLeaf_isFound() throws Exception {
    rotated();
    long announced = deployment.leaves() - 1;
    var first = issued();
    passes(UNTIL_ACTIVE.plusSeconds(1));
    long active = deployment.leaves() - 1;
    var second = issued();
    long allow = deployment.leaves() - 1;
    Hash signing = active(KeyRole.ISSUER);
    approved(new ChangeRequest.Compromise(signing, new ChangeRequest.Since.Ever()));
    long disbelieved = deployment.leaves() - 1;
    var third = issued();
    assertThat(List.of(first, second, third)).doesNotHaveDuplicates();
    deployment.service().close();
    ReplayedStore store = ReplayedStore.of(deployment);

    assertThat(faults()).as("rows that the service wrote").isEmpty();
    assertThat(notSame(store.replay(allow))).isEmpty();

    assertMoved(store, allow, 2, announced, allow + 1);
    assertMoved(store, allow, 3, disbelieved, disbelieved + 1);
    assertMoved(store, allow, 3, disbelieved, 1_000_000);
    change("in_force_index", 2, active + 1);
    assertThat(faults()).singleElement().asString().contains("trust_file 2");
    change("in_force_index", 2, active);
    change("version", 3, 4);
    assertThat(faults())
        .extracting(TreeAudit.Fault::where)
        .containsExactly("trust_file 4", "trust_file 3");
  }

  private void assertMoved(ReplayedStore store, long allow, long version, long from, long to)
      throws Exception {
    change("leaf_index", version, to);
    assertThat(faults())
        .singleElement()
        .satisfies(
            fault -> {
              assertThat(fault.where()).isEqualTo("trust_file " + version);
              assertThat(fault.mustBe()).startsWith("published by leaf " + from + ",");
              assertThat(fault.was()).startsWith("published by leaf " + to + ",");
            });
    assertThatThrownBy(() -> store.replay(allow))
        .isInstanceOfSatisfying(
            LedgerException.class, e -> assertThat(e.code()).isEqualTo(StoredLedger.CONTRADICTS))
        .hasMessageContaining("trust file version " + version + ", and names leaf " + to);
    change("leaf_index", version, from);
  }

  private void change(String column, long version, long value) throws SQLException {
    try (Connection connection = deployment.store();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE trust_file SET " + column + " = ? WHERE version = ?")) {
      update.setLong(1, value);
      update.setLong(2, version);
      assertThat(update.executeUpdate()).isEqualTo(1);
    }
  }

  private List<TreeAudit.Fault> faults() throws LedgerException {
    List<TreeAudit.Fault> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.sqlite(deployment.ledgerFolder)) {
      var unused = fsck.run(faults::add, leaves -> {});
    }
    return faults;
  }
}
