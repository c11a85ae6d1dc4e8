// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Check;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import java.security.Provider;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Judges bundles as a gateway does: by the newest trust file, and the newest token that this node has. */
final class BundleJudge {
  private final TrustFiles trust;
  private final StatusTokens tokens;
  private final Provider signatures;
  private volatile Believed believed;

  /** A trust file, and what verifies by it. */
  private record Believed(TrustFile file, BundleVerifier verifier) {
    static Believed of(TrustFile file, Provider signatures) {
      return new Believed(file, BundleVerifier.of(file, signatures));
    }
  }

  BundleJudge(TrustFiles trust, StatusTokens tokens, Provider signatures) {
    this.trust = trust;
    this.tokens = tokens;
    this.signatures = signatures;
    this.believed = Believed.of(trust.newest(), signatures);
  }

  /** What this node knows of the artifact's list; a bundle's token may be later. */
  CompletionStage<Optional<StatusToken>> newestToken(Artifact artifact) {
    return artifact
        .claims()
        .status()
        .flatMap(status -> tokens.ofList(status.uri()))
        .map(list -> tokens.fresh(list, 0))
        .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
  }

  /**
   * Judges a bundle.
   *
   * @param token the newest of the artifact's list
   */
  Verdict judge(
      byte[] bundle, Presentation presentation, Optional<StatusToken> token, Instant now) {
    return verifier().verify(bundle, presentation, new JudgedHere(token), now);
  }

  private BundleVerifier verifier() {
    TrustFile newest = trust.newest();
    Believed known = believed;
    if (!known.file().equals(newest)) {
      known = Believed.of(newest, signatures);
      believed = known;
    }
    return known.verifier();
  }

  /** The check that failed, as the finer reason. */
  static String failed(Verdict.Denied denied) {
    return denied.checks().stream()
        .filter(check -> check.outcome() == Check.Outcome.FAILED)
        .map(check -> check.name().wire())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("bug: a denial of which no check failed"));
  }
}
