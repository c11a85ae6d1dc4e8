// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** A Relying Party's memory that a test can look into, and that can fail. */
final class Memory implements Seen {
  final Map<UuidV7, Integer> uses = new HashMap<>();
  int tokensRecorded;
  private final Seen inner = new SeenInMemory();
  private boolean unreadable;
  private Optional<Supplier<UseOutcome>> useAnswer = Optional.empty();
  private Optional<Supplier<StatusOutcome>> statusAnswer = Optional.empty();

  /** Uses end in this, and are not recorded. */
  @CanIgnoreReturnValue
  Memory answeringUses(Supplier<UseOutcome> answer) {
    useAnswer = Optional.of(answer);
    return this;
  }

  /** Tokens end in this, and are not kept. */
  @CanIgnoreReturnValue
  Memory answeringTokens(Supplier<StatusOutcome> answer) {
    statusAnswer = Optional.of(answer);
    return this;
  }

  /** The same, holding {@code token} already. */
  @CanIgnoreReturnValue
  Memory holding(StatusToken token) {
    if (inner.recordStatus(token) != StatusOutcome.KEPT) {
      throw new AssertionError("a memory in memory keeps what it is given");
    }
    return this;
  }

  @Override
  public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    if (useAnswer.isPresent()) {
      return useAnswer.get().get();
    }
    UseOutcome outcome = inner.recordUse(jti, maxUses, keepUntil);
    if (outcome == UseOutcome.RECORDED) {
      uses.merge(jti, 1, Integer::sum);
    }
    return outcome;
  }

  @Override
  public Redemption redeem(Artifact artifact) {
    return Redemption.notFromHere();
  }

  @Override
  public StatusOutcome recordStatus(StatusToken token) {
    tokensRecorded++;
    return statusAnswer.isPresent() ? statusAnswer.get().get() : inner.recordStatus(token);
  }

  @Override
  public Optional<StatusToken> newestStatus(String listUri) {
    return inner.newestStatus(listUri);
  }

  @Override
  public Optional<StatusToken> newestGovernance(String statusUri) {
    return inner.newestGovernance(statusUri);
  }

  @Override
  public StatusOutcome recordRevocation(PushedRevocation revocation, Instant logTime) {
    return statusAnswer.isPresent()
        ? statusAnswer.get().get()
        : inner.recordRevocation(revocation, logTime);
  }

  /** Nothing can be read, though it is kept. */
  @CanIgnoreReturnValue
  Memory unreadable() {
    unreadable = true;
    return this;
  }

  /** What is kept, readable or not. */
  PushedRevocations kept() {
    return inner.revocations();
  }

  @Override
  public PushedRevocations revocations() {
    if (unreadable) {
      throw new UncheckedIOException(new IOException("unreadable"));
    }
    return inner.revocations();
  }
}
