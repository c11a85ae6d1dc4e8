// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.artifact.Act;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Environment;
import dev.writ.artifact.HostState;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Possession;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusClaims;
import dev.writ.artifact.StatusGovernance;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * 43, 82, 84 to 86 and 88 as a gateway meets them: an artifact shown elsewhere, later, or with less than its
 * proof. The bundle is the worked example of docs/FORMATS.md, which verifies by itself.
 */
final class BundleCases {
  private static final String OTHER_ENVIRONMENT = "environment_mismatch";
  private static final String WITHDRAWN = "policy_mismatch";
  private static final String NO_LEDGER = "lineage_fragmented";

  private final Path example;

  /**
   * @param project the folder of the whole project
   */
  BundleCases(Path project) {
    this.example = project.resolve("verifier/artifact/src/test/resources/worked-example");
  }

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(43, Level.VERIFIER, "reboot between quote and use", this::rebooted),
        new NegativeCase(
            82, Level.VERIFIER, "key in the artifact differs from the holder's", this::otherHolder),
        new NegativeCase(
            84, Level.VERIFIER, "policy version in the artifact withdrawn", this::withdrawn),
        new NegativeCase(
            85, Level.VERIFIER, "ledger receipt missing, stale or for another leaf", this::receipt),
        new NegativeCase(86, Level.VERIFIER, "verifier clock jump", this::clock),
        new NegativeCase(88, Level.VERIFIER, "exception inside a check", this::defect));
  }

  /** The example with what is in it, and who verifies it. */
  private record Example(
      BundleVerifier verifier,
      byte[] bytes,
      ProofBundle bundle,
      Hash digest,
      ArtifactClaims claims) {
    Instant now() {
      return claims.iat();
    }

    HostState host() {
      return host(claims.env().resetCount(), claims.env().restartCount());
    }

    HostState host(long resetCount, long restartCount) {
      Environment env = claims.env();
      return new HostState(env.akName(), env.pcrs(), env.digest(), resetCount, restartCount);
    }

    Presentation here(HostState host) {
      Act act = claims.act();
      return Presentation.NOTHING
          .withAudience(new Presentation.Audience.ExecutionHere(host))
          .withTenant(claims.tenant())
          .withAction(
              new ActionAtHand(act.action(), act.resource(), act.argsDigest(), act.limits()))
          .withObligations(Set.of("log"));
    }

    /** Judged with a status token that {@code statusKey} makes of these claims. */
    Observed judgedWith(CorpusKey statusKey, Presentation presentation, StatusGovernance writ)
        throws Exception {
      StatusClaims old = StatusToken.parse(bundle.statusListToken().orElseThrow()).claims();
      Hash kid = VerificationKey.of((ECPublicKey) statusKey.publicKey()).kid();
      byte[] input =
          StatusToken.signingInput(
              kid,
              new StatusClaims(old.listUri(), old.iat(), old.exp(), old.ttl(), old.list(), writ));
      StatusToken token = StatusToken.assemble(input, statusKey.rawEcdsa(input, CorpusKey.SHA256));
      ProofBundle other =
          new ProofBundle(
              bundle.artifact(), bundle.leaf(), bundle.tlogProof(), Optional.of(token.compact()));
      return judged(other.toJson(), presentation, now());
    }

    Observed judged(Presentation presentation, Instant at) {
      return judged(bytes, presentation, at);
    }

    Observed judged(byte[] other, Presentation presentation, Instant at) {
      return judged(other, presentation, new SeenInMemory(), at);
    }

    Observed judged(byte[] other, Presentation presentation, Seen seen, Instant at) {
      Verdict verdict = verifier.verify(other, presentation, seen, at);
      return verdict instanceof Verdict.Denied denied
          ? Observed.refused(denied.code().wire())
          : Observed.ACCEPTED;
    }
  }

  private Example example() throws Exception {
    return example(TrustFile.parse(file("trust.json")));
  }

  private Example example(TrustFile trust) throws Exception {
    BundleVerifier verifier = BundleVerifier.of(trust);
    byte[] bytes = file("bundle.json");
    ProofBundle bundle = ProofBundle.parse(bytes);
    Artifact artifact = Artifact.parse(bundle.artifact());
    return new Example(verifier, bytes, bundle, artifact.digest(), artifact.claims());
  }

  private byte[] file(String name) throws IOException {
    return Files.readAllBytes(example.resolve(name));
  }

  private void rebooted(Tries tries) throws Exception {
    Example example = example();
    long resets = example.claims.env().resetCount();
    long restarts = example.claims.env().restartCount();
    tries.accepted(
        "no boot since", () -> example.judged(example.here(example.host()), example.now()));
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
    Example example = example();
    Presentation here = example.here(example.host());
    CorpusKey other = CorpusKey.instance();
    Hash nonce = Hash.sha256("nonce".getBytes(StandardCharsets.US_ASCII));
    String audience = here.audience().orElseThrow().name();
    byte[] signature =
        other.rawEcdsa(Possession.message(nonce, example.digest, audience), CorpusKey.SHA256);
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
    Example example = example(statusKey);
    Presentation here = example.here(example.host());
    StatusGovernance inForce =
        StatusToken.parse(example.bundle.statusListToken().orElseThrow()).claims().writ();
    long epoch = example.claims.policy().epoch();
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

  /** The example for who believes {@code statusKey} and not the example's own. */
  private Example example(CorpusKey statusKey) throws Exception {
    TrustContent content = TrustFile.parse(file("trust.json")).content();
    List<TrustedKey> keys = new ArrayList<>();
    for (TrustedKey each : content.keys()) {
      keys.add(
          each.role() == KeyRole.STATUS
              ? new TrustedKey(
                  VerificationKey.of((ECPublicKey) statusKey.publicKey()),
                  each.role(),
                  each.nbf(),
                  each.exp(),
                  each.state())
              : each);
    }
    TrustContent other =
        new TrustContent(
            content.issuer(),
            content.version(),
            content.previous(),
            content.assurance(),
            keys,
            content.logPolicy(),
            content.status(),
            content.skew(),
            content.tls(),
            content.policyApprovers(),
            content.gateways(),
            content.operators());
    return example(TrustFile.of(other, List.of()));
  }

  private void receipt(Tries tries) throws Exception {
    Example example = example();
    Presentation here = example.here(example.host());
    Map<String, ProofBundle> others = new LinkedHashMap<>();
    for (int leaf : new int[] {4, 5, 7}) {
      others.put("leaf " + leaf, with(example, file("leaf-" + leaf + ".json"), proof(example)));
    }
    String proof = proof(example);
    byte[] own = example.bundle.leaf();
    others.put("no proof", with(example, own, "\n"));
    others.put("proof of another index", with(example, own, proof.replace("index 6", "index 5")));
    others.put(
        "proof of an index past the tree", with(example, own, proof.replace("index 6", "index 7")));
    others.put(
        "a checkpoint of another size", with(example, own, proof.replace("log\n7\n", "log\n8\n")));
    // A head before the leaf: of the size at which the leaf was not yet there.
    others.put(
        "a checkpoint that is stale", with(example, own, proof.replace("log\n7\n", "log\n6\n")));
    others.forEach(
        (what, bundle) ->
            tries.refused(
                what, NO_LEDGER, () -> example.judged(bundle.toJson(), here, example.now())));
    tries.accepted("its own", () -> example.judged(here, example.now()));
  }

  private static String proof(Example example) {
    return example.bundle.tlogProof();
  }

  private static ProofBundle with(Example example, byte[] leaf, String proof) {
    return new ProofBundle(
        example.bundle.artifact(), leaf, proof, example.bundle.statusListToken());
  }

  private void clock(Tries tries) throws Exception {
    Example example = example();
    Presentation here = example.here(example.host());
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
    Example example = example();
    Presentation here = example.here(example.host());
    Map<String, Seen> broken = new LinkedHashMap<>();
    broken.put("its record of uses throws", new BrokenSeen(true, false, false));
    broken.put("its record of status tokens throws", new BrokenSeen(false, true, false));
    broken.put("its newest status token throws", new BrokenSeen(false, false, true));
    broken.forEach(
        (what, seen) ->
            tries.refused(
                what,
                "unverifiable",
                () -> example.judged(example.bytes, here, seen, example.now())));
    tries.accepted(
        "none throws",
        () ->
            example.judged(
                example.bytes, here, new BrokenSeen(false, false, false), example.now()));
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
  }
}
