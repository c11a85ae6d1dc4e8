// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.TestLedgers.assertRefused;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.NoTrustAfter;
import dev.writ.ledger.StateChange.PublishTrust;
import dev.writ.ledger.StateChange.PutTrustInForce;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trust files: published one after the other, put in force in that direction alone. */
@Tag("any-store")
class TrustStateTest {
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

  private static PublishTrust file(long version) {
    return new PublishTrust(version, new byte[] {(byte) version});
  }

  @CanIgnoreReturnValue
  private Receipt made(StateChange... changes) throws Exception {
    return receipt(commit(ledger, Entry.of(leaf(), changes)));
  }

  private void assertInForce(long version) throws LedgerException {
    assertThat(ledger.trustInForce().orElseThrow().version()).isEqualTo(version);
  }

  @Test
  void ledger_withoutATrustFile_hasNone() throws Exception {
    assertThat(ledger.latestTrust()).isEmpty();
    assertThat(ledger.trustInForce()).isEmpty();
    assertThat(ledger.trustFile(1)).isEmpty();
  }

  @Test
  void trustFile_publishedAndPutInForce_isReadAsGiven_afterReopeningToo() throws Exception {
    Receipt published = made(file(3));
    assertThat(ledger.trustInForce()).isEmpty();
    assertThat(ledger.latestTrust().orElseThrow().inForceIndex()).isEmpty();
    Receipt inForce = made(new PutTrustInForce(3));
    Receipt next = made(file(4));

    for (int round = 0; round < 2; round++) {
      PublishedTrust third = ledger.trustInForce().orElseThrow();
      assertThat(third.version()).isEqualTo(3);
      assertThat(third.bytes()).isEqualTo(new byte[] {3});
      assertThat(third.leafIndex()).isEqualTo(published.index());
      assertThat(third.inForceIndex()).hasValue(inForce.index());
      PublishedTrust fourth = ledger.latestTrust().orElseThrow();
      assertThat(fourth.version()).isEqualTo(4);
      assertThat(fourth.leafIndex()).isEqualTo(next.index());
      assertThat(fourth.inForceIndex()).isEmpty();
      assertThat(ledger.trustFile(3).orElseThrow().bytes()).isEqualTo(new byte[] {3});
      assertThat(ledger.trustFile(2)).isEmpty();
      ledger.close();
      open();
    }
  }

  @Test
  void trustFile_thatIsNotTheNext_isRefused() throws Exception {
    made(file(7));
    for (long version : new long[] {1, 6, 7, 9, Long.MAX_VALUE}) {
      assertRefused(ledger, file(version), Refusal.TRUST_NOT_NEXT);
    }
    made(file(8));
    assertRefused(ledger, file(8), Refusal.TRUST_NOT_NEXT);
    assertThat(ledger.latestTrust().orElseThrow().version()).isEqualTo(8);
  }

  @Test
  void trustFile_thatWasNotPublished_isNotPutInForce() throws Exception {
    assertRefused(ledger, new PutTrustInForce(1), Refusal.TRUST_UNKNOWN);
    made(file(1));
    assertRefused(ledger, new PutTrustInForce(2), Refusal.TRUST_UNKNOWN);
    assertRefused(ledger, new PutTrustInForce(-1), Refusal.TRUST_UNKNOWN);
    assertThat(ledger.trustInForce()).isEmpty();
  }

  @Test
  void trustFile_notNewerThanTheOneInForce_isRefused() throws Exception {
    made(file(1), new PutTrustInForce(1));
    made(file(2));
    made(file(3), new PutTrustInForce(3));
    for (long version : new long[] {1, 2, 3}) {
      assertRefused(ledger, new PutTrustInForce(version), Refusal.TRUST_NOT_NEWER);
    }
    assertInForce(3);
    assertThat(ledger.trustFile(2).orElseThrow().inForceIndex()).isEmpty();
  }

  @Test
  void entryThatIsRefused_publishesNothing() throws Exception {
    made(file(1), new PutTrustInForce(1));
    PutTrustInForce again = new PutTrustInForce(1);
    assertThat(commit(ledger, Entry.of(leaf(), file(2), new PutTrustInForce(2), again)))
        .isEqualTo(new Refused(again, Refusal.TRUST_NOT_NEWER));
    assertThat(ledger.latestTrust().orElseThrow().version()).isEqualTo(1);
    assertInForce(1);
  }

  @Test
  void trustFile_ofTheLargestSize_isKeptWhole() throws Exception {
    byte[] largest = new byte[PublishedTrust.MAX_BYTES];
    largest[largest.length - 1] = 1;
    made(new PublishTrust(1, largest));
    assertThat(ledger.trustFile(1).orElseThrow().bytes()).isEqualTo(largest);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, PublishedTrust.MAX_BYTES + 1})
  void trustFile_ofNoOrTooManyBytes_isNone(int length) {
    assertThatThrownBy(() -> new PublishTrust(1, new byte[length]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 to 524288 bytes, had " + length);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void trustFile_ofAVersionBelowOne_isNone(long version) {
    assertThatThrownBy(() -> file(version)).isInstanceOf(IllegalArgumentException.class);
  }

  /** An entry that was judged under a version is committed under that, or not at all. */
  @Test
  void entryJudgedUnderATrustFile_afterALaterOne_isSuperseded() throws Exception {
    Precondition none = new NoTrustAfter(0);
    Precondition first = new NoTrustAfter(1);
    receipt(commit(ledger, Entry.of(leaf()).given(none)));
    made(file(1));
    assertThat(commit(ledger, Entry.of(leaf()).given(none))).isEqualTo(new Superseded(none));
    receipt(commit(ledger, Entry.of(leaf()).given(first)));
    receipt(commit(ledger, Entry.of(leaf()).given(new NoTrustAfter(7))));

    List<CommitOutcome> outcomes =
        commit(
            ledger,
            List.of(
                Entry.of(leaf()).given(first),
                Entry.of(leaf(), file(2)),
                Entry.of(leaf()).given(first)));

    receipt(outcomes.get(0));
    receipt(outcomes.get(1));
    assertThat(outcomes.get(2)).as("in the same batch, too").isEqualTo(new Superseded(first));
  }
}
