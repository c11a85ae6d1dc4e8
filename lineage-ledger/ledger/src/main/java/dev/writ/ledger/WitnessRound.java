// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSignature;
import dev.writ.tlog.SignedNote;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One head on its way to the witnesses, and what they said of it so far. */
final class WitnessRound {
  /** What a witness said. */
  sealed interface Said {
    /** Its cosignature, which verified. */
    record Cosigned(NoteSignature line) implements Said {}

    /** Nothing that helps: it is away, slow, wrong, or refuses. */
    record Failed(String reason) implements Said {}

    /** That it has seen a newer tree, and the store has as many leaves: another node's head came first. */
    record Overtaken(long size) implements Said {}

    /** That it has seen a newer tree, or another one: the store is not what it was, or the witness lies. */
    record Contradicted(String reason) implements Said {}
  }

  private final Head head;
  private final SignedNote note;
  private final LogPolicy policy;
  private final Map<String, Said> said = new LinkedHashMap<>();
  private final Set<NoteKey> cosigned = new HashSet<>();
  private final Set<NoteKey> ahead = new HashSet<>();
  private final int asked;

  WitnessRound(Head head, SignedNote note, LogPolicy policy, int asked) {
    this.head = head;
    this.note = note;
    this.policy = policy;
    this.asked = asked;
  }

  Head head() {
    return head;
  }

  /** The checkpoint as the log signed it. */
  SignedNote note() {
    return note;
  }

  synchronized void says(Witnesses.Asked witness, Said what) {
    said.put(witness.name(), what);
    if (what instanceof Said.Cosigned) {
      cosigned.add(witness.key());
    } else if (what instanceof Said.Overtaken) {
      ahead.add(witness.key());
    }
    notifyAll();
  }

  /** Waits until those who cosigned are a quorum, or all have spoken, or the time is over. */
  void awaitQuorum(long deadlineNanos) throws InterruptedException {
    await(deadlineNanos, true);
  }

  /** Waits until all have spoken, or the time is over. */
  void awaitAll(long deadlineNanos) throws InterruptedException {
    await(deadlineNanos, false);
  }

  private synchronized void await(long deadlineNanos, boolean quorumIsEnough)
      throws InterruptedException {
    while (said.size() < asked && !(quorumIsEnough && policy.isQuorum(cosigned))) {
      long left = deadlineNanos - System.nanoTime();
      if (left <= 0) {
        return;
      }
      wait(left / 1_000_000, (int) (left % 1_000_000));
    }
  }

  /** The note with the cosignatures that came; empty if they are no quorum. */
  synchronized Optional<SignedNote> result() {
    if (!policy.isQuorum(cosigned)) {
      return Optional.empty();
    }
    List<NoteSignature> lines = new ArrayList<>();
    for (Said what : said.values()) {
      if (what instanceof Said.Cosigned one) {
        lines.add(one.line());
      }
    }
    return Optional.of(note.with(lines));
  }

  /** Whether a witness has cosigned a newer head of another node's. */
  synchronized boolean isOvertaken() {
    return !ahead.isEmpty();
  }

  /** Whether a quorum has cosigned this head, or a newer one. */
  synchronized boolean isSeenByQuorum() {
    Set<NoteKey> all = new HashSet<>(cosigned);
    all.addAll(ahead);
    return policy.isQuorum(all);
  }

  /** What a witness said that has seen another tree. */
  synchronized Optional<String> contradiction() {
    return said.entrySet().stream()
        .filter(each -> each.getValue() instanceof Said.Contradicted)
        .map(each -> each.getKey() + " " + ((Said.Contradicted) each.getValue()).reason())
        .findFirst();
  }

  /** What each said that did not cosign, in one line. */
  synchronized String failures(List<Witnesses.Asked> all) {
    List<String> reasons = new ArrayList<>();
    for (Witnesses.Asked witness : all) {
      @Nullable Said what = said.get(witness.name());
      if (what == null) {
        reasons.add(witness.name() + " did not answer in time");
      } else if (what instanceof Said.Failed failed) {
        reasons.add(witness.name() + " " + failed.reason());
      } else if (what instanceof Said.Overtaken newer) {
        reasons.add(witness.name() + " has cosigned " + newer.size() + " leaves, for another node");
      } else if (what instanceof Said.Contradicted contradicted) {
        reasons.add(witness.name() + " " + contradicted.reason());
      }
    }
    return String.join("; ", reasons);
  }
}
