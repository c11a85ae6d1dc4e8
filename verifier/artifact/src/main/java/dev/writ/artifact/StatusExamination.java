// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.tlog.Checkpoint;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The part of an {@link Examination} that rests on a status token: three checks, in this order. */
final class StatusExamination {
  private static final String NO_STATUS = "the trust file is of dev and has no status";

  private final Beliefs beliefs;
  private final Seen seen;
  private final Instant now;

  private StatusJudgement.Outcome.@Nullable Current current;

  StatusExamination(Beliefs beliefs, Seen seen, Instant now) {
    this.beliefs = beliefs;
    this.seen = seen;
    this.now = now;
  }

  /** Only a dev trust file is without {@code status}: then nobody can say what is withdrawn. */
  Finding governance(
      Optional<StatusReference> reference, Optional<String> token, Optional<Checkpoint> tree) {
    String expected = "a status token that is fresh and continues what was seen";
    Optional<StatusSource> source = beliefs.content().status();
    if (source.isEmpty()) {
      return Finding.notAsked(expected, NO_STATUS);
    }
    if (reference.isEmpty()) {
      return Finding.failed(expected, "the artifact names no status list");
    }
    String listUri = reference.get().uri();
    if (!StatusReference.isListUri(source.get().uri(), listUri)) {
      return Finding.failed(
          expected, "the artifact names " + listUri + ", no list of " + source.get().uri());
    }
    StatusJudgement.Outcome outcome =
        new StatusJudgement(beliefs, source.get(), seen, now).judge(listUri, token, tree);
    if (outcome instanceof StatusJudgement.Outcome.Unavailable unavailable) {
      return Finding.unverifiable(expected, unavailable.why());
    }
    if (outcome instanceof StatusJudgement.Outcome.Broken broken) {
      return Finding.failed(expected, broken.why());
    }
    current = (StatusJudgement.Outcome.Current) outcome;
    StatusList list = current.token().claims().list();
    // A list that ends before the entry says nothing of it.
    return Finding.of(
        list.covers(reference.get().idx()),
        expected,
        current.token() + ", of " + list.size() + " entries");
  }

  Finding policyEpoch(PolicyReference policy) {
    if (beliefs.content().status().isEmpty()) {
      return Finding.notAsked("a policy epoch in force", NO_STATUS);
    }
    StatusGovernance inForce = judged().inForce();
    boolean older = policy.epoch() >= inForce.minEpoch() && policy.epoch() < inForce.epoch();
    boolean newest =
        policy.epoch() == inForce.epoch() && policy.digest().equals(inForce.policyDigest());
    return Finding.of(
        older || newest,
        "an epoch from "
            + inForce.minEpoch()
            + " to "
            + inForce.epoch()
            + ", the last of policy "
            + inForce.policyDigest(),
        "epoch " + policy.epoch() + ", policy " + policy.digest());
  }

  /**
   * Whether an artifact is withdrawn, as the newest token of its list says it, or a leaf that was pushed
   * and that the token does not know of.
   *
   * @param decidedBy place of the artifact's leaf
   */
  Finding withdrawn(ArtifactClaims claims, long decidedBy) {
    if (beliefs.content().status().isEmpty()) {
      return Finding.notAsked("not withdrawn", NO_STATUS);
    }
    StatusClaims token = judged().token().claims();
    Optional<String> pushed;
    try {
      pushed = seen.revocations().withdrawn(claims, decidedBy, token.writ().treeSize());
    } catch (UncheckedIOException e) {
      return Finding.unverifiable(
          "not withdrawn", "the record of revocations cannot be read: " + e.getMessage());
    }
    if (pushed.isPresent()) {
      return Finding.failed("not withdrawn", pushed.get());
    }
    int idx = claims.status().orElseThrow().idx();
    boolean revoked = token.list().isRevoked(idx);
    return Finding.of(
        !revoked, "not withdrawn", "entry " + idx + (revoked ? " is withdrawn" : " stands"));
  }

  private StatusJudgement.Outcome.Current judged() {
    if (current == null) {
      throw new IllegalStateException("bug: a check was made before one that it rests on");
    }
    return current;
  }
}
