// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.GovernanceSamples.begun;
import static dev.writ.ledger.GovernanceSamples.change;
import static dev.writ.ledger.GovernanceSamples.grant;
import static dev.writ.ledger.GovernanceSamples.ordered;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.leafAt;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.TreeAudit;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What was issued under a break-glass ends with the leaf that ends it, or that freezes. */
@Tag("any-store")
class BreakglassRevocationTest extends IssuingLedger {
  private static final Instant ENDS = NOW.plusSeconds(60);
  private static final Instant MIDDLE = NOW.plusSeconds(30);
  private static final OptionalLong NO_FREEZE = OptionalLong.empty();

  @CanIgnoreReturnValue
  private long made(Instant time, GovernanceStep step) throws Exception {
    return receipt(commit(ledger, entry(time, step))).index();
  }

  private static Entry entry(Instant time, GovernanceStep step) {
    Leaf leaf = Leaf.of(time, uuid(), List.of(), step);
    return Entry.of(leaf, change(step));
  }

  private static GovernanceStep begin(BreakglassGrant grant, OptionalLong overFreeze) {
    return begun(grant, overFreeze, ENDS, ENDS.plusSeconds(60));
  }

  private static GovernanceStep end(BreakglassGrant grant) {
    return ordered(Kind.END, Optional.of(grant.digest()), GovernanceSamples.BOB);
  }

  private static GovernanceStep freeze() {
    return ordered(Kind.FREEZE, Optional.empty(), GovernanceSamples.BOB);
  }

  private void assertRevoked(boolean revoked, UuidV7... artifacts) throws Exception {
    for (UuidV7 jti : artifacts) {
      assertThat(ledger.artifact(jti).orElseThrow().revoked()).isEqualTo(revoked);
    }
  }

  private BitSet bits() throws LedgerException {
    return ledger.statusSnapshot(List.of(0), Duration.ofSeconds(30)).revoked(0);
  }

  private static BitSet bits(int... indices) {
    BitSet bits = new BitSet();
    for (int index : indices) {
      bits.set(index);
    }
    return bits;
  }

  @Test
  void end_revokesWhatWasIssuedUnderIt_andNothingElse() throws Exception {
    BreakglassGrant grant = grant();
    UuidV7 before = issued(ENDS);
    made(NOW, begin(grant, NO_FREEZE));
    UuidV7 ended = issued(MIDDLE);
    UuidV7 under = issued(ENDS);
    UuidV7 byALaterClock = issued(ENDS.plusSeconds(1));
    List<Entry> batch = new ArrayList<>();
    UuidV7 beside = uuid();
    batch.add(issue(beside, ENDS.minusSeconds(1)));
    batch.add(entry(MIDDLE, end(grant)));
    UuidV7 after = uuid();
    batch.add(issue(after, ENDS));

    assertThat(commit(ledger, batch)).allMatch(CommitOutcome.Receipt.class::isInstance);

    for (int round = 0; round < 2; round++) {
      assertRevoked(true, under, beside);
      assertRevoked(false, before, ended, byALaterClock, after);
      assertThat(bits()).isEqualTo(bits(2, 4));
      assertThat(ledger.revokedOfBreakglass()).isEqualTo(new LiveArtifacts(2, List.of(0)));
      ledger.close();
      ledger = TestLedgers.open(folder);
    }
  }

  @Test
  void freeze_revokesWhatEachBreakglassBeforeItLetThrough_thatOverAFreezeToo() throws Exception {
    long frozen = made(NOW, freeze());
    UuidV7 whileFrozen = issued(ENDS);
    made(NOW, begin(grant(), OptionalLong.of(frozen)));
    UuidV7 first = issued(ENDS);
    made(NOW, begin(grant(), OptionalLong.of(frozen)));
    UuidV7 second = issued(ENDS);

    long again = made(MIDDLE, freeze());

    UuidV7 after = issued(ENDS);
    assertRevoked(true, first, second);
    assertRevoked(false, whileFrozen, after);
    receipt(commit(ledger, Entry.of(leafAt(MIDDLE), change(new GovernanceChange.Unfreeze(again)))));
    UuidV7 goingOn = issued(ENDS);
    made(MIDDLE, freeze());
    assertRevoked(true, goingOn);
    assertRevoked(false, after);
  }

  @Test
  void orderThatIsRefused_revokesNothing() throws Exception {
    BreakglassGrant grant = grant();
    made(NOW, begin(grant, NO_FREEZE));
    UuidV7 under = issued(ENDS);

    assertThat(commit(ledger, entry(ENDS, end(grant)))).isInstanceOf(CommitOutcome.Refused.class);

    assertRevoked(false, under);
    assertThat(bits()).isEqualTo(bits());
    assertThat(ledger.revokedOfBreakglass()).isEqualTo(new LiveArtifacts(0, List.of()));
  }

  /** Whoever writes the store takes a revocation out: the leaf of the end tells it. */
  @Test
  @Tag("embedded")
  void revocationThatIsTakenOut_isFoundByFsck_whereTheLeafSaysIt() throws Exception {
    BreakglassGrant first = grant();
    made(NOW, begin(first, NO_FREEZE));
    UuidV7 ofAnOlderVersion = issued(ENDS);
    made(MIDDLE, new GovernanceStep.Ordered(end(first).order(), false));
    TestLedgers.tamper(folder, "UPDATE artifact SET revoked = 0");
    assertRevoked(false, ofAnOlderVersion);
    ledger.close();
    assertThat(faults()).noneMatch(fault -> fault.where().startsWith("artifacts of"));
    ledger = TestLedgers.open(folder);
    BreakglassGrant grant = grant();
    made(NOW, begin(grant, NO_FREEZE));
    var unused = issued(ENDS);
    made(MIDDLE, end(grant));
    ledger.close();
    assertThat(faults()).noneMatch(fault -> fault.where().startsWith("artifacts of"));

    TestLedgers.tamper(folder, "UPDATE artifact SET revoked = 0");

    assertThat(faults())
        .anyMatch(fault -> fault.where().equals("artifacts of a break-glass before leaf 5"));
  }

  private List<TreeAudit.Fault> faults() throws Exception {
    List<TreeAudit.Fault> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.sqlite(folder)) {
      var unused = fsck.run(faults::add, leaves -> {});
    }
    return faults;
  }
}
