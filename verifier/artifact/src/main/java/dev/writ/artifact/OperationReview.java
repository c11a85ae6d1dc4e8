// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an operator knows of an {@link Operation} before he signs: that it is one of this issuer and this
 * moment, that the trust file beside it is the one that it names, and that this file follows the newest
 * that he believes and changes what the operation says, and nothing else. Who shows it to him is not
 * believed in any of this.
 */
public final class OperationReview {
  /** Longest time for which a rotation may let the key before be believed after its successor began. */
  public static final Duration MAX_OVERLAP = Duration.ofDays(1);

  private final Operation operation;
  private final Optional<TrustContent> trust;
  private final TrustFile believed;

  private OperationReview(Operation operation, Optional<TrustContent> trust, TrustFile believed) {
    this.operation = operation;
    this.trust = trust;
    this.believed = believed;
  }

  /** What was found. */
  public sealed interface Outcome {
    /**
     * It says one thing.
     *
     * @param differences in what the trust file that comes with it differs from the one before; empty
     *     where none comes
     */
    record Sound(List<TrustDifference> differences) implements Outcome {
      /** The differences as given. */
      public Sound {
        differences = List.copyOf(differences);
      }
    }

    /**
     * It must not be signed.
     *
     * @param reason what must hold and what was
     */
    record Refused(String reason) implements Outcome {}
  }

  /**
   * Reviews an operation.
   *
   * @param trust the trust file that comes with it
   * @param believed the newest trust file that the operator believes
   */
  public static Outcome of(
      Operation operation, Optional<TrustContent> trust, TrustFile believed, Instant now) {
    return new OperationReview(operation, trust, believed).judge(now);
  }

  private Outcome judge(Instant now) {
    if (!believed.mayBeBelieved()) {
      return refused("the trust file in force", TrustFile.MUST_BE_INTRODUCED, "read only");
    }
    TrustContent before = believed.content();
    if (!operation.issuer().equals(before.issuer())) {
      return refused("the operation's issuer", before.issuer(), operation.issuer());
    }
    if (operation.trustVersion() != before.version()) {
      return refused(
          "the operation's trust_version",
          before.version() + ", the newest that is published",
          operation.trustVersion() + "");
    }
    if (!operation.isOpen(now)) {
      return refused(
          "the operation", "open at " + now, "of a time that ended " + operation.expires());
    }
    Optional<Hash> named = operation.change().trust();
    Optional<Hash> shown = trust.map(content -> Hash.sha256(content.signingInput()));
    if (!named.equals(shown)) {
      return refused(
          "the trust file beside the operation",
          named.map(digest -> "the one with digest " + digest.hex()).orElse("absent"),
          shown.map(digest -> "one with " + digest.hex()).orElse("absent"));
    }
    return trust.isPresent() ? judge(trust.get()) : new Outcome.Sound(List.of());
  }

  private Outcome judge(TrustContent next) {
    if (next.version() != believed.content().version() + 1
        || !next.previous().equals(Optional.of(believed.digest()))) {
      return refused(
          "the trust file beside the operation",
          "version "
              + (believed.content().version() + 1)
              + " after the one with digest "
              + believed.digest().hex(),
          "version " + next.version());
    }
    List<TrustDifference> all = TrustDifference.between(believed.content(), next);
    List<TrustDifference> others = new ArrayList<>(all);
    Optional<String> missing = expect(others);
    if (missing.isPresent()) {
      return new Outcome.Refused(missing.get());
    }
    if (!others.isEmpty()) {
      return refused(
          "the trust file beside the operation",
          "another in nothing but what the operation says",
          "another in " + others.size() + " more, the first being " + others.get(0));
    }
    return new Outcome.Sound(all);
  }

  /** Takes what the operation says out of {@code all}, or says what is not there. */
  private Optional<String> expect(List<TrustDifference> all) {
    Operation.Change change = operation.change();
    if (change instanceof Operation.RotateKey rotate) {
      return expectRotation(rotate, all);
    } else if (change instanceof Operation.CompromiseKey compromise) {
      return expectCompromise(compromise, all);
    } else if (change instanceof Operation.PublishTrust) {
      return expectPublication(all);
    }
    throw new IllegalStateException("bug: a trust file came with an operation that names none");
  }

  private Optional<String> expectRotation(Operation.RotateKey rotate, List<TrustDifference> all) {
    Instant activates = rotate.activates();
    if (activates.isBefore(operation.expires())) {
      return Optional.of(
          "a rotation must take effect after its time for approval, "
              + operation.expires()
              + ", and does at "
              + activates);
    }
    Instant earliest = activates.minus(believed.content().skew());
    boolean added =
        all.removeIf(
            each ->
                each instanceof TrustDifference.KeyAdded next
                    && next.key().key().kid().equals(rotate.to())
                    && next.key().role() == rotate.role()
                    && next.key().state() == KeyState.ACTIVE
                    && !next.key().nbf().isBefore(earliest)
                    && next.key().covers(activates));
    boolean follows =
        all.removeIf(
            each ->
                each instanceof TrustDifference.KeyChanged from
                    && from.before().key().kid().equals(rotate.from())
                    && from.before().role() == rotate.role()
                    // One whose successor was compromised before it signed retires already.
                    && (from.before().state() == KeyState.ACTIVE
                        || from.before().state() == KeyState.RETIRING)
                    && retires(from.before(), from.after(), activates));
    return added && follows
        ? Optional.empty()
        : missing(
            "name "
                + name(rotate.to())
                + " as a key of role "
                + rotate.role().wire()
                + " from "
                + activates
                + " on, and let "
                + name(rotate.from())
                + " end within "
                + MAX_OVERLAP.toHours()
                + " hours after");
  }

  private static boolean retires(TrustedKey before, TrustedKey after, Instant activates) {
    Instant latest = activates.plus(MAX_OVERLAP);
    return after.role() == before.role()
        && after.nbf().equals(before.nbf())
        && after.state() == KeyState.RETIRING
        && !after.exp().isBefore(activates)
        && !after.exp().isAfter(latest);
  }

  private Optional<String> expectCompromise(
      Operation.CompromiseKey compromise, List<TrustDifference> all) {
    boolean ended =
        all.removeIf(
            each ->
                each instanceof TrustDifference.KeyChanged key
                    && key.before().key().kid().equals(compromise.kid())
                    && key.before().role() == compromise.role()
                    && key.after()
                        .equals(
                            new TrustedKey(
                                key.before().key(),
                                key.before().role(),
                                key.before().nbf(),
                                key.before().exp(),
                                KeyState.COMPROMISED,
                                compromise.fromIndex())));
    boolean replaced =
        compromise.replacement().isEmpty()
            || all.removeIf(each -> replaces(compromise, compromise.replacement().get(), each));
    return ended && replaced
        ? Optional.empty()
        : missing(
            "say of "
                + name(compromise.kid())
                + " that it is compromised"
                + (compromise.fromIndex().isPresent()
                    ? " from leaf " + compromise.fromIndex().getAsLong() + " on"
                    : "")
                + compromise
                    .replacement()
                    .map(kid -> ", and name " + name(kid) + " in its place at once")
                    .orElse(""));
  }

  /** One that is new, or one that was announced and begins earlier. */
  private boolean replaces(
      Operation.CompromiseKey compromise, Hash replacement, TrustDifference difference) {
    TrustedKey next;
    if (difference instanceof TrustDifference.KeyAdded added) {
      next = added.key();
    } else if (difference instanceof TrustDifference.KeyChanged changed
        && changed.before().state() == KeyState.ACTIVE
        && changed.before().role() == changed.after().role()
        && changed.before().exp().equals(changed.after().exp())) {
      next = changed.after();
    } else {
      return false;
    }
    Instant earliest = operation.proposed().minus(believed.content().skew());
    return next.key().kid().equals(replacement)
        && next.role() == compromise.role()
        && next.state() == KeyState.ACTIVE
        && !next.nbf().isBefore(earliest)
        && next.covers(operation.proposed());
  }

  /** A publication may change what it likes, but no verifier follows another issuer. */
  private static Optional<String> expectPublication(List<TrustDifference> all) {
    for (TrustDifference each : all) {
      if (each instanceof TrustDifference.MemberChanged member
          && (member.member().equals("issuer") || member.member().equals("assurance"))) {
        return missing("leave " + member.member() + " as it is");
      }
    }
    all.clear();
    return Optional.empty();
  }

  private static Optional<String> missing(String mustBe) {
    return Optional.of(
        "the trust file beside the operation must " + mustBe + ", and does not: sign nothing");
  }

  private static String name(Hash kid) {
    return Base64Url.encode(kid.bytes());
  }

  private static Outcome refused(String what, String mustBe, String was) {
    return new Outcome.Refused(what + " must be " + mustBe + ", was " + was);
  }
}
