// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.akName;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.writ.artifact.Admission;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.ledger.StateChange.SetHostState;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How hosts stand, in rows as in leaves. */
@Tag("embedded")
class HostStandingTest extends IssuingLedger {
  private Leaf enrolled(String name) throws Exception {
    Leaf leaf =
        Leaf.of(
            NOW,
            uuid(),
            List.of(),
            new LeafBody.Enrolment(
                new Commitment(digest()),
                digestOf(name),
                digest("ek of " + name),
                Admission.LISTED));
    receipt(commit(ledger, Entry.of(leaf, Samples.host(name))));
    return leaf;
  }

  private static Hash digestOf(String name) {
    return Hash.sha256(akName(name).bytes());
  }

  private void stands(Leaf enrolment, String name, HostStanding state) throws Exception {
    AkName ak = akName(name);
    Leaf leaf =
        Leaf.of(
            NOW,
            uuid(),
            List.of(enrolment.hash()),
            new HostChange(digestOf(name), state, RevocationReason.HOST_COMPROMISED));
    receipt(commit(ledger, Entry.of(leaf, new SetHostState(ak, HostState.of(state)))));
  }

  private List<String> faults() throws LedgerException {
    List<TreeAudit.Fault> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.sqlite(folder)) {
      Fsck.Checked unused = fsck.run(faults::add, leaves -> {});
    }
    return faults.stream()
        .filter(fault -> fault.where().startsWith("host "))
        .map(fault -> fault.where() + " must be " + fault.mustBe() + ", was " + fault.was())
        .toList();
  }

  @Test
  void row_thatSaysAnotherStateThanItsLeaves_isFound() throws Exception {
    Leaf first = enrolled("host-a");
    stands(first, "host-a", HostStanding.SUSPENDED);
    stands(first, "host-a", HostStanding.ACTIVE);
    stands(enrolled("host-b"), "host-b", HostStanding.SUSPENDED);
    stands(enrolled("host-c"), "host-c", HostStanding.RETIRED);
    Leaf unused = enrolled("host-d");
    ledger.close();
    assertThat(faults()).isEmpty();

    tamper(folder, "UPDATE host SET state = 'ACTIVE' WHERE name = 'host-b'");
    tamper(
        folder, "UPDATE host SET state = 'SUSPENDED' WHERE name IN ('host-a', 'host-c', 'host-d')");
    assertThat(faults())
        .containsExactlyInAnyOrder(
            "host " + digestOf("host-a") + " must be active, as leaves tell it, was suspended",
            "host " + digestOf("host-b") + " must be suspended, as leaves tell it, was active",
            "host " + digestOf("host-c") + " must be retired, as leaves tell it, was suspended",
            "host " + digestOf("host-d") + " must be active, as leaves tell it, was suspended");
  }

  @Test
  void hosts_comeInPages_whateverTheirState() throws Exception {
    stands(enrolled("host-b"), "host-b", HostStanding.RETIRED);
    Leaf unused = enrolled("host-a");
    unused = enrolled("host-c");
    assertThat(ledger.hostsAfter("", 2)).extracting(Host::name).containsExactly("host-a", "host-b");
    assertThat(ledger.hostsAfter("host-b", 2))
        .extracting(Host::name, Host::state)
        .containsExactly(tuple("host-c", HostState.ACTIVE));
  }
}
