// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an operator knows of an {@link Operation} before he signs: that it is one of this issuer and this
 * moment, that the trust file beside it is the one that it names, and that this file follows the newest
 * that he believes and changes what the operation says, and nothing else. Who shows it to him is not
 * believed in any of this.
 */
public final class OperationReview {
  /** Longest time for which a rotation may let the key before be believed after its successor began. */
  public static final Duration MAX_OVERLAP = Duration.ofDays(1);

  /** The same of a key that certifies attestation keys, for what it certified lasts longer. */
  public static final Duration MAX_OVERLAP_OF_ATTESTATION = Duration.ofDays(1_100);

  /** Roles of which the first trust file may name no key, so that a rotation names both. */
  private static final Set<KeyRole> UNNAMED_AT_FIRST =
      EnumSet.of(KeyRole.CHECKPOINT, KeyRole.ATTESTATION);

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
    if (operation.change() instanceof Operation.AcceptClock clock) {
      Instant latest = now.plus(before.skew());
      if (operation.proposed().isAfter(latest)) {
        return refused(
            "the clock to be accepted",
            "right, at most " + latest,
            operation.proposed() + " when it proposed that");
      }
      if (!clock.newest().isAfter(now)) {
        return refused(
            "the newest leaf's time",
            "yet to come at " + now,
            clock.newest() + ": the service's clock was set back");
      }
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
    Optional<String> missing = expect(others, next);
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
  private Optional<String> expect(List<TrustDifference> all, TrustContent next) {
    Operation.Change change = operation.change();
    if (change instanceof Operation.RotateKey rotate) {
      return expectRotation(rotate, all, next);
    } else if (change instanceof Operation.CompromiseKey compromise) {
      return compromise.role() == KeyRole.TLS
          ? expectPins(all, next, 1, compromise.replacement().isPresent() ? 1 : 0)
          : expectCompromise(compromise, all, next);
    } else if (change instanceof Operation.PublishTrust) {
      return expectPublication(all);
    }
    throw new IllegalStateException("bug: a trust file came with an operation that names none");
  }

  /**
   * TLS keys stand as pins, which name no key: how many come and go is all that can be judged of them. One
   * that takes a compromised key's place may have been announced, and is pinned then.
   */
  private Optional<String> expectPins(
      List<TrustDifference> all, TrustContent next, int gone, int come) {
    List<Hash> before = believed.content().tls();
    List<Hash> after = next.tls();
    long removed = before.stream().filter(pin -> !after.contains(pin)).count();
    long added = after.stream().filter(pin -> !before.contains(pin)).count();
    boolean fits = removed == gone && (added == come || (gone > 0 && added == 0));
    return fits && all.removeIf(each -> isMember(each, "tls"))
        ? Optional.empty()
        : missing("take " + gone + " pin from tls and add " + come);
  }

  private static boolean isMember(TrustDifference difference, String member) {
    return difference instanceof TrustDifference.MemberChanged changed
        && changed.member().equals(member);
  }

  /** A key of the log is a line of its policy, too; and all other lines stay. */
  private static boolean takesLines(
      List<TrustDifference> all, TrustContent next, KeyRole role, String expected) {
    return role != KeyRole.CHECKPOINT
        || (next.logPolicy().equals(expected)
            && all.removeIf(each -> isMember(each, "log_policy")));
  }

  private LogLines lines() {
    return new LogLines(believed.content().logPolicy(), believed.logOrigin());
  }

  private static Optional<VerificationKey> key(TrustContent content, Hash kid) {
    return content.trustedKey(kid).map(TrustedKey::key);
  }

  private Optional<String> expectRotation(
      Operation.RotateKey rotate, List<TrustDifference> all, TrustContent next) {
    Instant activates = rotate.activates();
    if (activates.isBefore(operation.expires())) {
      return Optional.of(
          "a rotation must take effect after its time for approval, "
              + operation.expires()
              + ", and does at "
              + activates);
    }
    if (rotate.role() == KeyRole.TLS) {
      return expectPins(all, next, 0, 1);
    }
    Instant earliest = activates.minus(believed.content().skew());
    boolean added =
        all.removeIf(
            each ->
                each instanceof TrustDifference.KeyAdded to
                    && to.key().key().kid().equals(rotate.to())
                    && to.key().role() == rotate.role()
                    && to.key().state() == KeyState.ACTIVE
                    && !to.key().nbf().isBefore(earliest)
                    && to.key().covers(activates));
    boolean follows =
        all.removeIf(
            each ->
                each instanceof TrustDifference.KeyChanged from
                    && from.before().key().kid().equals(rotate.from())
                    && from.before().role() == rotate.role()
                    // One whose successor was compromised before it signed retires already.
                    && (from.before().state() == KeyState.ACTIVE
                        || from.before().state() == KeyState.RETIRING)
                    && from.after().nbf().equals(from.before().nbf())
                    && retires(rotate, from.after()));
    boolean named =
        follows
            // As the rotation that was withdrawn left it.
            || believed.content().trustedKey(rotate.from()).stream()
                .anyMatch(
                    from ->
                        next.trustedKey(rotate.from()).equals(Optional.of(from))
                            && retires(rotate, from))
            || (UNNAMED_AT_FIRST.contains(rotate.role())
                && all.removeIf(
                    each ->
                        each instanceof TrustDifference.KeyAdded from
                            && from.key().key().kid().equals(rotate.from())
                            && retires(rotate, from.key())));
    Optional<VerificationKey> follower = key(next, rotate.to());
    boolean logged =
        follower.isPresent() && takesLines(all, next, rotate.role(), lines().with(follower.get()));
    return added && named && logged
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
                + overlap(rotate.role()).toHours()
                + " hours after"
                + (rotate.role() == KeyRole.CHECKPOINT
                    ? ", and add its line, and no other, to log_policy"
                    : ""));
  }

  private static boolean retires(Operation.RotateKey rotate, TrustedKey after) {
    return after.role() == rotate.role()
        && after.state() == KeyState.RETIRING
        && !after.exp().isBefore(rotate.activates())
        && !after.exp().isAfter(rotate.activates().plus(overlap(rotate.role())));
  }

  private static Duration overlap(KeyRole role) {
    return role == KeyRole.ATTESTATION ? MAX_OVERLAP_OF_ATTESTATION : MAX_OVERLAP;
  }

  private Optional<String> expectCompromise(
      Operation.CompromiseKey compromise, List<TrustDifference> all, TrustContent next) {
    boolean ended = all.removeIf(each -> ends(compromise, each));
    if (wasAnnounced(compromise)) {
      // The one key that it was to follow signs on; any other is nothing that the operation says.
      all.stream().filter(each -> signsOn(compromise, each)).findFirst().ifPresent(all::remove);
    }
    boolean replaced =
        compromise.replacement().isEmpty()
            || all.removeIf(each -> replaces(compromise, compromise.replacement().get(), each));
    Optional<VerificationKey> out = key(next, compromise.kid());
    Optional<VerificationKey> in = compromise.replacement().flatMap(kid -> key(next, kid));
    boolean logged = out.isPresent() && takesLines(all, next, compromise.role(), lines(out, in));
    return ended && replaced && logged
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

  private String lines(Optional<VerificationKey> out, Optional<VerificationKey> in) {
    LogLines without = new LogLines(lines().without(out.orElseThrow()), believed.logOrigin());
    return in.map(without::with).orElse(without.policy());
  }

  /** Whether the key has not begun, so that another still signs. */
  private boolean wasAnnounced(Operation.CompromiseKey compromise) {
    return compromise.replacement().isEmpty()
        && believed
            .content()
            .trustedKey(compromise.kid())
            .map(key -> key.nbf().plus(believed.content().skew()))
            .filter(begins -> !begins.isBefore(operation.proposed()))
            .isPresent();
  }

  private boolean signsOn(Operation.CompromiseKey compromise, TrustDifference difference) {
    return difference instanceof TrustDifference.KeyChanged changed
        && changed.before().role() == compromise.role()
        && changed.before().state() == KeyState.RETIRING
        && changed.before().covers(operation.proposed())
        && changed.after().state() == KeyState.ACTIVE
        && changed.after().nbf().equals(changed.before().nbf())
        && !changed.after().exp().isBefore(changed.before().exp());
  }

  private static boolean ends(Operation.CompromiseKey compromise, TrustDifference difference) {
    TrustedKey before;
    TrustedKey after;
    if (difference instanceof TrustDifference.KeyChanged changed) {
      before = changed.before();
      after = changed.after();
    } else if (difference instanceof TrustDifference.KeyAdded added
        && UNNAMED_AT_FIRST.contains(compromise.role())) {
      before = added.key();
      after = added.key();
    } else {
      return false;
    }
    return before.key().kid().equals(compromise.kid())
        && before.role() == compromise.role()
        && after.equals(
            new TrustedKey(
                before.key(),
                before.role(),
                before.nbf(),
                before.exp(),
                KeyState.COMPROMISED,
                compromise.fromIndex()));
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
