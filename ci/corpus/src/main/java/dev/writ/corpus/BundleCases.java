// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.HostState;
import dev.writ.artifact.Possession;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.PushedRevocation;
import dev.writ.artifact.PushedRevocations;
import dev.writ.artifact.Redemption;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusGovernance;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * 43, 82, 84, 86 and 88 as a gateway meets them: an artifact shown elsewhere, later, or with less than its
 * proof. The bundle is the {@link BundleExample}.
 */
final class BundleCases {
  private static final String OTHER_ENVIRONMENT = "environment_mismatch";
  private static final String WITHDRAWN = "policy_mismatch";

  private final Path project;

  /**
   * @param project the folder of the whole project
   */
  BundleCases(Path project) {
    this.project = project;
  }

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(43, Level.VERIFIER, "reboot between quote and use", this::rebooted),
        new NegativeCase(
            82, Level.VERIFIER, "key in the artifact differs from the holder's", this::otherHolder),
        new NegativeCase(
            84, Level.VERIFIER, "policy version in the artifact withdrawn", this::withdrawn),
        new NegativeCase(86, Level.VERIFIER, "verifier clock jump", this::clock),
        new NegativeCase(88, Level.VERIFIER, "exception inside a check", this::defect));
  }

  private void rebooted(Tries tries) throws Exception {
    BundleExample example = BundleExample.in(project);
    long resets = example.claims().env().resetCount();
    long restarts = example.claims().env().restartCount();
    tries.accepted("no boot since", () -> example.judged(example.here(), example.now()));
    Map<String, HostState> since = new LinkedHashMap<>();
    since.put("one reset more", example.host(resets + 1, restarts));
    since.put("one reset more, restarts from zero", example.host(resets + 1, 0));
    since.put("one reset less", example.host(resets - 1, restarts));
    since.put("one restart more", example.host(resets, restarts + 1));
    since.put("one restart less", example.host(resets, restarts - 1));
    since.forEach(
        (what, host) ->
            tries.refused(
                what, OTHER_ENVIRONMENT, () -> example.judged(example.here(host), example.now())));
  }

  private void otherHolder(Tries tries) throws Exception {
    BundleExample example = BundleExample.in(project);
    Presentation here = example.here();
    CorpusKey other = CorpusKey.instance();
    Hash nonce = Hash.sha256("nonce".getBytes(StandardCharsets.US_ASCII));
    String audience = here.audience().orElseThrow().name();
    byte[] signature =
        other.rawEcdsa(Possession.message(nonce, example.digest(), audience), CorpusKey.SHA256);
    Possession possession = new Possession((ECPublicKey) other.publicKey(), nonce, signature);
    tries.refused(
        "a proof by another key",
        OTHER_ENVIRONMENT,
        () -> example.judged(here.withPossession(possession), example.now()));
    tries.accepted("no proof demanded", () -> example.judged(here, example.now()));
  }

  /**
   * The example under a status key of the corpus: the token beside the artifact says which policies are
   * still in force.
   */
  private void withdrawn(Tries tries) throws Exception {
    CorpusKey statusKey = CorpusKey.instance();
    BundleExample example = BundleExample.in(project, BundleExample.statusKey(statusKey));
    Presentation here = example.here();
    StatusGovernance inForce =
        StatusToken.parse(example.bundle().statusListToken().orElseThrow()).claims().writ();
    long epoch = example.claims().policy().epoch();
    Hash other = Hash.sha256("another policy".getBytes(StandardCharsets.US_ASCII));

    tries.accepted("in force", () -> example.judgedWith(statusKey, here, inForce));
    tries.accepted(
        "a later epoch, the one before still accepted",
        () -> example.judgedWith(statusKey, here, at(inForce, epoch + 1, epoch, other)));
    tries.refused(
        "a later epoch alone",
        WITHDRAWN,
        () -> example.judgedWith(statusKey, here, at(inForce, epoch + 1, epoch + 1, other)));
    tries.refused(
        "another policy at that epoch",
        WITHDRAWN,
        () -> example.judgedWith(statusKey, here, at(inForce, epoch, epoch, other)));
    tries.refused(
        "a token of another status key",
        "governance_discontinuity",
        () -> example.judgedWith(CorpusKey.instance(), here, inForce));
  }

  private static StatusGovernance at(
      StatusGovernance now, long epoch, long minEpoch, Hash policyDigest) {
    return new StatusGovernance(
        epoch, minEpoch, policyDigest, now.treeSize(), now.root(), now.trustVersion());
  }

  private void clock(Tries tries) throws Exception {
    BundleExample example = BundleExample.in(project);
    Presentation here = example.here();
    for (Duration ahead : List.of(Duration.ofMinutes(5), Duration.ofHours(1), Duration.ofDays(1))) {
      tries.refused(
          "ahead by " + ahead, "expired", () -> example.judged(here, example.now().plus(ahead)));
    }
    for (Duration behind : List.of(Duration.ofSeconds(6), Duration.ofHours(1))) {
      tries.refused(
          "behind by " + behind,
          "not_yet_valid",
          () -> example.judged(here, example.now().minus(behind)));
    }
    // So far off is outside the time of the key, which is judged first.
    for (Instant end :
        List.of(
            Instant.EPOCH,
            Instant.MIN,
            Instant.MAX,
            example.now().plus(Duration.ofDays(3650)),
            example.now().minus(Duration.ofDays(300)))) {
      tries.refused("at " + end, () -> example.judged(here, end));
    }
    tries.accepted("in time", () -> example.judged(here, example.now()));
  }

  /** What a gateway keeps its memory in may be broken: that is no allow, and nothing unknown. */
  private void defect(Tries tries) throws Exception {
    BundleExample example = BundleExample.in(project);
    Presentation here = example.here();
    Map<String, Seen> broken = new LinkedHashMap<>();
    broken.put("its record of uses throws", new BrokenSeen(true, false, false));
    broken.put("its record of status tokens throws", new BrokenSeen(false, true, false));
    broken.put("its newest status token throws", new BrokenSeen(false, false, true));
    broken.forEach(
        (what, seen) ->
            tries.refused(
                what,
                "unverifiable",
                () -> example.judged(example.bytes(), here, seen, example.now())));
    tries.accepted(
        "none throws",
        () ->
            example.judged(
                example.bytes(), here, new BrokenSeen(false, false, false), example.now()));
  }

  /** A gateway's memory with a bug in some of its methods. */
  private record BrokenSeen(boolean uses, boolean recording, boolean newest, Seen sound)
      implements Seen {
    BrokenSeen(boolean uses, boolean recording, boolean newest) {
      this(uses, recording, newest, new SeenInMemory());
    }

    private static void fail(boolean broken) {
      if (broken) {
        throw new IllegalStateException("the bug that is looked for");
      }
    }

    @Override
    public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
      fail(uses);
      return sound.recordUse(jti, maxUses, keepUntil);
    }

    @Override
    public Redemption redeem(Artifact artifact) {
      return Redemption.notFromHere();
    }

    @Override
    public StatusOutcome recordStatus(StatusToken token) {
      fail(recording);
      return sound.recordStatus(token);
    }

    @Override
    public Optional<StatusToken> newestStatus(String listUri) {
      fail(newest);
      return sound.newestStatus(listUri);
    }

    @Override
    public Optional<StatusToken> newestGovernance(String statusUri) {
      fail(newest);
      return sound.newestGovernance(statusUri);
    }

    @Override
    public StatusOutcome recordRevocation(PushedRevocation revocation, Instant logTime) {
      fail(recording);
      return sound.recordRevocation(revocation, logTime);
    }

    @Override
    public PushedRevocations revocations() {
      fail(newest);
      return sound.revocations();
    }
  }
}
