// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.RevocationReason;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the revocations are, and who is told that there are more. */
class RevocationPlacesTest {
  @TempDir Path folder;

  private static Entry revocation() {
    return Entry.of(
        Leaf.of(
            Samples.NOW,
            Samples.uuid(),
            List.of(),
            new LeafBody.Revocation(Samples.uuid(), RevocationReason.CEASED)));
  }

  @Test
  @Tag("any-store")
  void places_areThoseOfRevocationsAlone_fromAnywhere_alsoAfterARestart() throws Exception {
    List<Long> places = new ArrayList<>();
    try (Ledger ledger = TestLedgers.open(folder)) {
      for (int i = 0; i < 5; i++) {
        receipt(commit(ledger, Samples.entry()));
        places.add(receipt(commit(ledger, revocation())).index());
      }
      assertThat(ledger.revocations(0, 100)).isEqualTo(places);
    }
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertThat(ledger.revocations(places.get(1) + 1, 2)).isEqualTo(places.subList(2, 4));
      assertThat(ledger.revocations(places.get(4) + 1, 2)).isEmpty();
    }
  }

  private static Entry freeze(boolean revokes) {
    GovernanceOrder.Unsigned order =
        new GovernanceOrder.Unsigned(
            "https://writ.example",
            GovernanceOrder.Kind.FREEZE,
            Optional.empty(),
            OptionalLong.empty(),
            "Stop.",
            Samples.NOW.truncatedTo(ChronoUnit.SECONDS),
            Samples.digest("nonce"));
    return Entry.of(
        Leaf.of(
            Samples.NOW,
            Samples.uuid(),
            List.of(),
            new GovernanceStep.Ordered(
                order.signed(new OperatorSignature(Samples.digest("kid"), new byte[64])),
                revokes)));
  }

  /** Gateways are to hear of them, as of what is withdrawn one by one. */
  @Test
  @Tag("any-store")
  void places_areAlsoThoseOfStepsThatRevoke_andOfNoOthers() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Long> told = new ArrayList<>();
      ledger.whenRevoked(() -> told.add(ledger.size()));
      receipt(commit(ledger, freeze(false)));
      long index = receipt(commit(ledger, freeze(true))).index();

      assertThat(ledger.revocations(0, 100)).containsExactly(index);
      assertThat(told).containsExactly(index + 1);
    }
  }

  @Test
  @Tag("any-store")
  void listener_isTold_ofRevocationsAndOfNothingElse_onceTheyAreSigned() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Long> told = new ArrayList<>();
      ledger.whenRevoked(() -> told.add(ledger.size()));
      receipt(commit(ledger, Samples.entry()));
      assertThat(told).isEmpty();

      long index = receipt(commit(ledger, revocation())).index();
      assertThat(told).containsExactly(index + 1);

      ledger.whenRevoked(
          () -> {
            throw new IllegalStateException("the listener's bug");
          });
      assertThat(receipt(commit(ledger, revocation())).index()).isEqualTo(index + 1);
    }
  }

  @Test
  @Tag("shared-store")
  void listener_ofANodeThatIsIdle_isToldOfWhatAnotherCommitted() throws Exception {
    try (Ledger one = TestLedgers.open(folder);
        Ledger idle = TestLedgers.open(folder)) {
      CountDownLatch told = new CountDownLatch(1);
      idle.whenRevoked(told::countDown);

      long index = receipt(commit(one, revocation())).index();

      assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(idle.revocations(0, 10)).containsExactly(index);
    }
  }
}
