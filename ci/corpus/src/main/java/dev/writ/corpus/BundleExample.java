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
import dev.writ.artifact.Verdict;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The worked example of docs/FORMATS.md, a bundle that verifies by itself: with what is in it, and who
 * verifies it.
 */
record BundleExample(
    BundleVerifier verifier, byte[] bytes, ProofBundle bundle, Hash digest, ArtifactClaims claims) {
  /**
   * The example as it is.
   *
   * @param project the folder of the whole project
   */
  static BundleExample in(Path project) throws Exception {
    return in(project, content -> content);
  }

  /** The example for who believes something else than its own trust file. */
  static BundleExample in(Path project, UnaryOperator<TrustContent> change) throws Exception {
    TrustFile own = TrustFile.parse(file(project, "trust.json"));
    BundleVerifier verifier =
        BundleVerifier.of(TrustFile.of(change.apply(own.content()), List.of()));
    byte[] bytes = file(project, "bundle.json");
    ProofBundle bundle = ProofBundle.parse(bytes);
    Artifact artifact = Artifact.parse(bundle.artifact());
    return new BundleExample(verifier, bytes, bundle, artifact.digest(), artifact.claims());
  }

  /** A file of the example. */
  static byte[] file(Path project, String name) throws IOException {
    Path folder = project.resolve("verifier/artifact/src/test/resources/worked-example");
    return Files.readAllBytes(folder.resolve(name));
  }

  /** Believes this status key and not the example's. */
  static UnaryOperator<TrustContent> statusKey(CorpusKey statusKey) {
    return content -> {
      List<TrustedKey> keys = new ArrayList<>();
      for (TrustedKey each : content.keys()) {
        VerificationKey key =
            each.role() == KeyRole.STATUS
                ? VerificationKey.of((ECPublicKey) statusKey.publicKey())
                : each.key();
        keys.add(new TrustedKey(key, each.role(), each.nbf(), each.exp(), each.state()));
      }
      return with(content, keys, content.logPolicy());
    };
  }

  /** Believes this log and not the example's. */
  static UnaryOperator<TrustContent> logPolicy(String policy) {
    return content -> with(content, content.keys(), policy);
  }

  private static TrustContent with(TrustContent content, List<TrustedKey> keys, String logPolicy) {
    return new TrustContent(
        content.issuer(),
        content.version(),
        content.previous(),
        content.assurance(),
        keys,
        logPolicy,
        content.status(),
        content.skew(),
        content.tls(),
        content.policyApprovers(),
        content.gateways(),
        content.operators());
  }

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

  /** Where it is meant to be used. */
  Presentation here() {
    return here(host());
  }

  Presentation here(HostState host) {
    Act act = claims.act();
    return Presentation.NOTHING
        .withAudience(new Presentation.Audience.ExecutionHere(host))
        .withTenant(claims.tenant())
        .withAction(new ActionAtHand(act.action(), act.resource(), act.argsDigest(), act.limits()))
        .withObligations(Set.of("log"));
  }

  /** The bundle with another receipt. */
  ProofBundle with(byte[] leaf, String tlogProof) {
    return new ProofBundle(bundle.artifact(), leaf, tlogProof, bundle.statusListToken());
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
