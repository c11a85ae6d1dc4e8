// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.TestLedgers.assertRefused;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.StateChange.AddInvitation;
import dev.writ.ledger.StateChange.RedeemInvitation;
import dev.writ.ledger.StateChange.RegisterHost;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An invitation lets one host in, once, in time. */
@Tag("any-store")
class InvitationTest {
  @TempDir Path folder;
  private Ledger ledger;

  @BeforeEach
  void open() throws Exception {
    ledger = TestLedgers.open(folder);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private Hash invited(String host) throws Exception {
    Hash digest = digest();
    receipt(commit(ledger, Entry.of(Samples.leaf(), new AddInvitation(digest, host, LATER))));
    return digest;
  }

  private static Entry enrolment(Hash invitation, RegisterHost host) {
    return Entry.of(Samples.leaf(), new RedeemInvitation(invitation, host.name()), host);
  }

  @Test
  void invitation_redeemed_isSpentForEver() throws Exception {
    Hash digest = invited("a.example");
    assertThat(ledger.invitation(digest))
        .contains(new Invitation(digest, "a.example", LATER, 0, OptionalLong.empty()));

    Receipt enrolled = receipt(commit(ledger, enrolment(digest, Samples.host("a.example"))));

    assertThat(ledger.invitation(digest).orElseThrow().redeemedBy()).hasValue(enrolled.index());
    assertRefused(ledger, new RedeemInvitation(digest, "a.example"), Refusal.INVITATION_SPENT);
    ledger.close();
    ledger = TestLedgers.open(folder);
    assertRefused(ledger, new RedeemInvitation(digest, "a.example"), Refusal.INVITATION_SPENT);
    assertThat(ledger.invitation(digest()).isPresent()).isFalse();
  }

  @Test
  void invitation_unknownOrForAnotherHost_isInvalid() throws Exception {
    Hash digest = invited("a.example");
    assertRefused(ledger, new RedeemInvitation(digest(), "a.example"), Refusal.INVITATION_INVALID);
    assertRefused(ledger, new RedeemInvitation(digest, "b.example"), Refusal.INVITATION_INVALID);
    assertRefused(ledger, new RedeemInvitation(digest, "A.example"), Refusal.INVITATION_INVALID);
    receipt(commit(ledger, enrolment(digest, Samples.host("a.example"))));
    assertRefused(ledger, new RedeemInvitation(digest, "b.example"), Refusal.INVITATION_INVALID);
  }

  @Test
  void invitation_atItsEnd_isInvalidByTheTimeOfTheLeaf() throws Exception {
    Hash digest = invited("a.example");
    RedeemInvitation redeem = new RedeemInvitation(digest, "a.example");
    assertThat(commit(ledger, Entry.of(Samples.leafAt(LATER), redeem)))
        .isEqualTo(new Refused(redeem, Refusal.INVITATION_INVALID));
    receipt(commit(ledger, Entry.of(Samples.leafAt(LATER.minusMillis(1)), redeem)));
  }

  @Test
  void invitation_ofAnEnrolmentThatIsRefused_isGivenBack() throws Exception {
    receipt(commit(ledger, Entry.of(Samples.leaf(), Samples.host("taken.example"))));
    Hash digest = invited("a.example");
    RegisterHost sameEk =
        new RegisterHost(
            Samples.akName("other"), digest("ek of taken.example"), "a.example", new byte[] {1});
    assertThat(commit(ledger, enrolment(digest, sameEk)))
        .isEqualTo(new Refused(sameEk, Refusal.EK_TAKEN));
    assertThat(ledger.invitation(digest).orElseThrow().redeemedBy()).isEmpty();
    receipt(commit(ledger, enrolment(digest, Samples.host("a.example"))));
  }

  @Test
  void invitation_ofAHostThatIsEnrolledOrUnderATakenDigest_isRefused() throws Exception {
    receipt(commit(ledger, Entry.of(Samples.leaf(), Samples.host("a.example"))));
    assertRefused(ledger, new AddInvitation(digest(), "a.example", LATER), Refusal.HOST_NAME_TAKEN);
    Hash digest = invited("b.example");
    assertRefused(ledger, new AddInvitation(digest, "c.example", LATER), Refusal.INVITATION_TAKEN);
    assertThat(ledger.invitation(digest).orElseThrow().hostName()).isEqualTo("b.example");
    receipt(
        commit(ledger, Entry.of(Samples.leaf(), new AddInvitation(digest(), "b.example", NOW))));
  }

  @Test
  void oneInvitation_fromManyThreads_letsOneHostIn() throws Exception {
    int threads = 8;
    for (int round = 0; round < 10; round++) {
      Hash digest = invited("host-" + round);
      CyclicBarrier together = new CyclicBarrier(threads);
      ConcurrentLinkedQueue<CommitOutcome> outcomes = new ConcurrentLinkedQueue<>();
      List<Thread> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        // Each with keys of its own: nothing but the invitation is in the way of the second.
        String other = round + "-" + t;
        RegisterHost host =
            new RegisterHost(Samples.akName(other), digest(other), "host-" + round, new byte[] {1});
        Thread thread =
            new Thread(
                () -> {
                  try {
                    together.await();
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                  outcomes.add(commit(ledger, enrolment(digest, host)));
                });
        thread.start();
        running.add(thread);
      }
      for (Thread thread : running) {
        thread.join();
      }
      assertThat(outcomes.stream().filter(Receipt.class::isInstance)).hasSize(1);
      assertThat(outcomes)
          .filteredOn(Refused.class::isInstance)
          .hasSize(threads - 1)
          .allSatisfy(
              lost -> assertThat(((Refused) lost).why()).isEqualTo(Refusal.INVITATION_SPENT));
    }
  }
}
