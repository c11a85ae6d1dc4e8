// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.DelegationSpent;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.ParentLive;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordDescent;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.VoidArtifacts;
import dev.writ.ledger.StateChange.VoidArtifactsBetween;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is issued under an artifact falls with it, whatever takes that away. */
@Tag("any-store")
class DescentTest extends IssuingLedger {
  private static final long ANY = Long.MAX_VALUE;

  private UuidV7 root() throws Exception {
    UuidV7 jti = uuid();
    receipt(commit(ledger, Entry.of(leaf(jti), recorded(jti, LATER))));
    return jti;
  }

  private Entry under(UuidV7 parent, UuidV7 jti, Instant expires, long uses, long most) {
    return Entry.of(
            leaf(jti), recorded(jti, expires), new RecordDescent(jti, parent, parent, uses, most))
        .given(new ParentLive(parent));
  }

  private UuidV7 child(UuidV7 parent) throws Exception {
    UuidV7 jti = uuid();
    receipt(commit(ledger, under(parent, jti, LATER, 0, ANY)));
    return jti;
  }

  private BitSet bits() throws LedgerException {
    return ledger.statusSnapshot(List.of(0), Duration.ofSeconds(30)).revoked(0);
  }

  @Test
  void chain_knowsItsRootAndDepth_andEndsAtTheGreatest() throws Exception {
    UuidV7 root = root();
    UuidV7 last = root;
    for (int depth = 1; depth <= Descent.MAX_DEPTH; depth++) {
      UuidV7 parent = last;
      last = child(parent);
      Descent descent = ledger.descent(last).orElseThrow();
      assertThat(descent.parent()).isEqualTo(parent);
      assertThat(descent.root()).isEqualTo(root);
      assertThat(descent.depth()).isEqualTo(depth);
    }
    assertThat(ledger.descent(root)).isEmpty();
    assertImpossible(under(last, uuid(), LATER, 0, ANY));

    receipt(commit(ledger, Entry.of(leaf(), new RevokeArtifact(root))));

    assertThat(isRevoked(last)).isTrue();
    assertThat(bits().cardinality()).isEqualTo(Descent.MAX_DEPTH + 1);
    assertThat(ledger.descendants(root).number()).isEqualTo(Descent.MAX_DEPTH);
  }

  private void assertImpossible(Entry entry) throws Exception {
    assertThat(commit(ledger, entry))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.why()).isEqualTo(Refusal.DESCENT_IMPOSSIBLE));
  }

  @Test
  void child_ofItself_ofALaterOne_orThatOutlivesItsParent_isRefused() throws Exception {
    UuidV7 root = root();
    UuidV7 itself = uuid();
    assertImpossible(
        Entry.of(
            leaf(itself),
            recorded(itself, LATER),
            new RecordDescent(itself, itself, itself, 0, ANY)));
    UuidV7 second = child(root);
    // The first of a chain made a child of its last: its leaf is another entry's.
    assertImpossible(Entry.of(leaf(), new RecordDescent(root, second, second, 0, ANY)));
    assertImpossible(under(root, uuid(), LATER.plusMillis(1), 0, ANY));
    UuidV7 orphan = uuid();
    UuidV7 unknown = uuid();
    assertImpossible(
        Entry.of(
            leaf(orphan),
            recorded(orphan, LATER),
            new RecordDescent(orphan, unknown, unknown, 0, ANY)));
    assertThat(ledger.descent(root)).isEmpty();
  }

  @Test
  void parent_thatIsRevokedInTheSameBatch_hasNoChildAfterIt() throws Exception {
    UuidV7 parent = root();
    UuidV7 first = uuid();
    UuidV7 second = uuid();
    List<CommitOutcome> outcomes =
        commit(
            ledger,
            List.of(
                under(parent, first, LATER, 0, ANY),
                Entry.of(leaf(), new RevokeArtifact(parent)),
                under(parent, second, LATER, 0, ANY)));
    assertThat(outcomes.subList(0, 2)).allMatch(Receipt.class::isInstance);
    assertThat(outcomes.get(2)).isEqualTo(new Superseded(new ParentLive(parent)));
    assertThat(isRevoked(first)).isTrue();
    assertThat(ledger.artifact(second)).isEmpty();
  }

  @Test
  void uses_ofAllChildrenTogether_areNoMoreThanTheParentMayDelegate() throws Exception {
    UuidV7 parent = root();
    List<Entry> batch = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      batch.add(under(parent, uuid(), LATER, 2, 5));
    }
    List<CommitOutcome> outcomes = commit(ledger, batch);
    assertThat(outcomes.subList(0, 2)).allMatch(Receipt.class::isInstance);
    assertThat(outcomes.subList(2, 4)).containsOnly(new Superseded(new DelegationSpent(parent)));
    assertThat(ledger.delegatedUses(parent)).isEqualTo(4);
    receipt(commit(ledger, under(parent, uuid(), LATER, 1, 5)));
    assertThat(commit(ledger, under(parent, uuid(), LATER, 1, 5)))
        .isEqualTo(new Superseded(new DelegationSpent(parent)));
  }

  /** Under whichever of an execution's artifacts they are asked for; what was drawn of another is not counted. */
  @Test
  void uses_underAnExecutionThatGoesOn_areOneNumber() throws Exception {
    UuidV7 begun = root();
    UuidV7 renewal = root();
    UuidV7 another = root();
    receipt(commit(ledger, under(begun, begun, 2)));
    receipt(commit(ledger, under(another, another, 3)));
    List<CommitOutcome> outcomes =
        commit(ledger, List.of(under(renewal, begun, 1), under(renewal, begun, 1)));
    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(1)).isEqualTo(new Superseded(new DelegationSpent(renewal)));
    assertThat(commit(ledger, under(begun, begun, 1)))
        .isEqualTo(new Superseded(new DelegationSpent(begun)));
    assertThat(ledger.delegatedUses(begun)).isEqualTo(3);
    assertThat(ledger.childrenBefore(begun, Long.MAX_VALUE, 9)).hasSize(2);
    assertThat(ledger.childrenBefore(renewal, Long.MAX_VALUE, 9)).isEmpty();
    // What it would be drawn of must be there, and of before.
    assertImpossible(under(begun, uuid(), 0));
    assertImpossible(under(begun, renewal, 0));
  }

  /** Of three that may be drawn. */
  private Entry under(UuidV7 parent, UuidV7 drawnOf, long uses) {
    UuidV7 jti = uuid();
    return Entry.of(
        leaf(jti), recorded(jti, LATER), new RecordDescent(jti, parent, drawnOf, uses, 3));
  }

  @Test
  void host_whoseBootEnds_takesWhatOtherHostsHaveUnderIt() throws Exception {
    UuidV7 parent = uuid();
    SetLastSeen seen =
        new SetLastSeen(
            Samples.akName("a"),
            new HostClock(1, 1, 1, true),
            NOW,
            NOW,
            new StateChange.Since.Nothing());
    receipt(
        commit(
            ledger,
            Entry.of(
                leaf(parent),
                new RecordArtifact(parent, LATER, Optional.of(nextBit()), Optional.of(seen)))));
    UuidV7 elsewhere = child(child(parent));
    UuidV7 another = root();
    assertThat(ledger.liveArtifacts(Samples.akName("a")).number()).isEqualTo(3);

    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifacts(Samples.akName("a")))));

    assertThat(isRevoked(elsewhere)).isTrue();
    assertThat(isRevoked(another)).isFalse();
    assertThat(bits().cardinality()).isEqualTo(3);
    assertThat(ledger.liveArtifacts(Samples.akName("a")).number()).isZero();
  }

  /** Random forests, from which random members are taken away by name or by range. */
  private static long place(Map<UuidV7, Long> places, UuidV7 jti) {
    return Objects.requireNonNull(places.get(jti));
  }

  @Test
  void descendants_ofWhatIsRevoked_areExactlyThoseThatFall_inRandomForests() throws Exception {
    Random random = new Random(20_261_130);
    for (int round = 0; round < 3; round++) {
      List<UuidV7> all = new ArrayList<>();
      Map<UuidV7, UuidV7> parents = new HashMap<>();
      Map<UuidV7, Long> places = new HashMap<>();
      Set<UuidV7> fallen = new HashSet<>();
      for (int step = 0; step < 40; step++) {
        if (random.nextInt(5) > 0 || all.isEmpty()) {
          grow(random, all, parents, places, fallen);
        } else if (random.nextBoolean()) {
          UuidV7 chosen = all.get(random.nextInt(all.size()));
          if (!fallen.contains(chosen)) {
            receipt(commit(ledger, Entry.of(leaf(), new RevokeArtifact(chosen))));
            fell(all, parents, fallen, Set.of(chosen));
          }
        } else {
          long from = place(places, all.get(random.nextInt(all.size())));
          receipt(commit(ledger, Entry.of(leaf(), new VoidArtifactsBetween(from, from + 2))));
          Set<UuidV7> chosen = new HashSet<>(all);
          chosen.removeIf(jti -> place(places, jti) < from || place(places, jti) >= from + 2);
          fell(all, parents, fallen, chosen);
        }
      }
      for (UuidV7 jti : all) {
        assertThat(isRevoked(jti)).as("%s of %s", jti, parents).isEqualTo(fallen.contains(jti));
      }
    }
  }

  private void grow(
      Random random,
      List<UuidV7> all,
      Map<UuidV7, UuidV7> parents,
      Map<UuidV7, Long> places,
      Set<UuidV7> fallen)
      throws Exception {
    UuidV7 jti = uuid();
    Optional<UuidV7> parent =
        all.isEmpty() || random.nextInt(4) == 0
            ? Optional.empty()
            : Optional.of(all.get(random.nextInt(all.size())));
    Entry entry =
        parent.isEmpty()
            ? Entry.of(leaf(jti), recorded(jti, LATER))
            : under(parent.get(), jti, LATER, 0, ANY);
    CommitOutcome outcome = commit(ledger, entry);
    if (parent.isPresent() && fallen.contains(parent.get())) {
      assertThat(outcome).isEqualTo(new Superseded(new ParentLive(parent.get())));
      return;
    }
    places.put(jti, receipt(outcome).index());
    parent.ifPresent(above -> parents.put(jti, above));
    all.add(jti);
  }

  private static void fell(
      List<UuidV7> all, Map<UuidV7, UuidV7> parents, Set<UuidV7> fallen, Set<UuidV7> chosen) {
    for (UuidV7 jti : all) {
      for (UuidV7 above = jti; above != null; above = parents.get(above)) {
        if (chosen.contains(above)) {
          fallen.add(jti);
        }
      }
    }
  }
}
