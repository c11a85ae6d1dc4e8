// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonDifference;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.ledger.Entry;
import dev.writ.service.Replayed.Step;
import dev.writ.tlog.Hash;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The steps of one replay as they are done. Whether what does not agree was changed in the store, or was
 * recorded so and comes out otherwise now, is told by the leaf: what that vouches for was recorded so.
 */
final class ReplaySteps {
  private final List<Step> steps = new ArrayList<>();
  private final MessageDigest came = sha256();
  private ReplayStep current = ReplayStep.LEAF;
  private boolean vouched = true;

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
    }
  }

  /** What is said from here on is of this step. */
  void begin(ReplayStep step) {
    current = step;
  }

  /** What lies beside the leaf is not what it names: nothing vouches for it. */
  void notVouched() {
    vouched = false;
  }

  boolean isVouched() {
    return vouched;
  }

  void same() {
    same("");
  }

  void same(String detail) {
    say(new StepOutcome.Same(detail));
  }

  void say(StepOutcome outcome) {
    steps.add(new Step(current, outcome));
  }

  /** A recorded member is not what it comes to. */
  void mismatch(String member, String was, String expected) {
    say(
        vouched
            ? new StepOutcome.Differs(member, was, expected)
            : new StepOutcome.Contradicts(member, expected, was));
  }

  /**
   * Compares JSON that was recorded with what came, byte for byte.
   *
   * @param member its name beside the leaf
   * @param detail said where they are the same
   */
  boolean compare(String member, byte[] recorded, byte[] made, String detail) {
    if (Arrays.equals(recorded, made)) {
      same(detail);
      return true;
    }
    Optional<JsonDifference> first = difference(recorded, made);
    if (first.isPresent()) {
      JsonDifference at = first.get();
      mismatch(member + "." + at.path(), at.was(), at.is());
    } else {
      mismatch(
          member,
          "bytes of SHA-256 " + Hash.sha256(recorded),
          "bytes of SHA-256 " + Hash.sha256(made));
    }
    return false;
  }

  private static Optional<JsonDifference> difference(byte[] recorded, byte[] made) {
    try {
      return JsonDifference.first(recorded, made, Entry.MAX_PAYLOAD_BYTES);
    } catch (MalformedJsonException e) {
      return Optional.empty();
    }
  }

  /** Whether something was said of a step. */
  boolean isDone(ReplayStep step) {
    return steps.stream().anyMatch(done -> done.step() == step);
  }

  /** Counts bytes that were made anew. */
  void made(byte[] bytes) {
    came.update(Hash.sha256(bytes).bytes());
  }

  Replayed replayed(long index, Optional<String> id, String verdict) {
    return new Replayed(index, id, verdict, steps, Hash.of(came.digest()));
  }
}
