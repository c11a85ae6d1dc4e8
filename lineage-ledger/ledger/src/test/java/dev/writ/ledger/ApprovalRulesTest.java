// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.RequestApprovals.allow;
import static dev.writ.ledger.RequestApprovals.body;
import static dev.writ.ledger.RequestApprovals.record;
import static dev.writ.ledger.RequestApprovals.terms;
import static dev.writ.ledger.RequestApprovals.use;
import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RequestApproval;
import dev.writ.ledger.LedgerRules.Rule;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Approvals of requests in a log that somebody reads, and in a store that was changed. */
class ApprovalRulesTest {
  @TempDir Path folder;

  private static void assertBreaks(LeafChain chain, String reason) {
    assertThat(chain.last())
        .hasValueSatisfying(
            violation -> {
              assertThat(violation.rule()).as(violation.reason()).isEqualTo(Rule.APPROVED_ONCE);
              assertThat(violation.reason()).contains(" must ", reason);
            });
  }

  private static LeafBody deny(Hash request) {
    return new LeafBody.DecisionDeny(
        DenialCode.POLICY_DENIED,
        "rule",
        Optional.of(request),
        Optional.empty(),
        LeafChain.POLICY,
        1);
  }

  @Test
  void approvals_usedOnceInTimeForTheirRequest_hold() {
    LeafChain chain = LeafChain.born().add(body(terms("alice", LATER)));
    Hash first = chain.leaf(0).hash();
    Hash second = chain.add(body(terms("bob", LATER))).leaf(0).hash();
    assertThat(chain.last()).isEmpty();
    assertThat(chain.add(List.of(first, second), deny(RequestApprovals.REQUEST)).last())
        .as("a denial uses none")
        .isEmpty();
    assertThat(chain.add(List.of(first, second), allow()).last()).isEmpty();
  }

  @Test
  void approval_usedTwice_orRecordedTwice_breaksApprovedOnce() {
    RequestApproval.Terms terms = terms("alice", LATER);
    LeafChain chain = LeafChain.born().add(body(terms));
    Hash approval = chain.leaf(0).hash();
    assertBreaks(chain.add(body(terms)), "recorded once");
    assertThat(chain.add(List.of(approval), allow()).last()).isEmpty();
    assertBreaks(chain.add(List.of(approval), allow()), "used once");
  }

  @Test
  void approval_usedOrRecordedAtItsEnd_breaksApprovedOnce() {
    LeafChain chain = LeafChain.born().add(body(terms("alice", LATER)));
    assertBreaks(chain.at(LATER).add(List.of(chain.leaf(0).hash()), allow()), "before its end");
    assertBreaks(LeafChain.born().at(LATER).add(body(terms("alice", LATER))), "before its end");
  }

  @Test
  void approval_ofAnotherRequestOrPolicy_breaksApprovedOnce() {
    LeafChain chain = LeafChain.born().add(body(terms("alice", LATER)));
    List<Hash> approval = List.of(chain.leaf(0).hash());
    Hash other = Samples.digest("other");
    assertBreaks(chain.add(approval, deny(other)), "another");
    assertBreaks(chain.add(approval, allow(other, LeafChain.POLICY)), "another");
  }

  private void fill() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Entry> entries = new ArrayList<>();
      List<RequestApproval.Terms> all =
          List.of(terms("alice", LATER), terms("bob", LATER), terms("carol", LATER));
      List<Hash> leaves = new ArrayList<>();
      for (RequestApproval.Terms terms : all) {
        Leaf leaf = Leaf.of(NOW, Samples.uuid(), List.of(), body(terms));
        leaves.add(leaf.hash());
        entries.add(Entry.of(leaf, record(terms)));
      }
      LeafBody.DecisionAllow allow = allow();
      entries.add(
          Entry.of(
              Leaf.of(NOW, Samples.uuid(), leaves.subList(0, 2), allow),
              new StateChange.RecordArtifact(allow.jti(), LATER, Optional.empty()),
              use(all.get(0)),
              use(all.get(1))));
      receipt(commit(ledger, entries).get(3));
    }
  }

  private List<String> faults() throws LedgerException {
    List<String> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.sqlite(folder)) {
      Fsck.Checked unused = fsck.run(fault -> faults.add(words(fault)), leaves -> {});
    }
    return faults;
  }

  private static String words(TreeAudit.Fault fault) {
    return fault.where() + ": " + fault.mustBe() + ", " + fault.was();
  }

  @Test
  void store_asTheLedgerLeftIt_isWhole() throws Exception {
    fill();
    assertThat(faults()).isEmpty();
  }

  /** Each makes something of an approval that its leaves do not say. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE request_approval SET used_by = NULL WHERE used_by = 3 | not used",
        "UPDATE request_approval SET used_by = 2 WHERE leaf_index = 0 | by leaf 2",
        "UPDATE request_approval SET used_by = 3 WHERE leaf_index = 2 | 3 used",
        "UPDATE request_approval SET expires = expires + 1 WHERE leaf_index = 2 | absent",
        "UPDATE request_approval SET approver = zeroblob(32) WHERE leaf_index = 2 | absent",
        "UPDATE request_approval SET request_digest = zeroblob(32) WHERE leaf_index = 2 | absent",
        "UPDATE request_approval SET policy_digest = zeroblob(32) WHERE leaf_index = 2 | absent",
        "DELETE FROM request_approval WHERE leaf_index = 2 | absent",
        "INSERT INTO request_approval VALUES (zeroblob(32), zeroblob(32), zeroblob(32), zeroblob(32), 9, 9, NULL) | 4 rows",
      })
  void store_whoseApprovalsWereChanged_isNot(String change, String fault) throws Exception {
    fill();
    TestLedgers.tamper(folder, change);
    assertThat(faults()).anyMatch(each -> each.contains(fault));
  }
}
