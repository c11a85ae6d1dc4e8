// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Check;
import dev.writ.artifact.CheckName;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedStatusTokenException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.StatusClaims;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.StatusVerdict;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** The artifacts of a pack: whether they held when they were issued, and which a status token withdraws. */
final class PackedArtifacts {
  /**
   * What a bundle is denied for because checkpoint and status token are of later than its artifact. That the
   * checkpoint is believed is a check of the pack's own, and that leaf and artifact agree is asked besides.
   */
  private static final Set<CheckName> LATER =
      EnumSet.of(
          CheckName.CHECKPOINT, CheckName.GOVERNANCE, CheckName.POLICY_EPOCH, CheckName.STATUS);

  /** What a trust file decides that is not known where it is not here. */
  private static final Set<CheckName> BY_TRUST = EnumSet.of(CheckName.SIGNATURE, CheckName.KEY);

  private final PackContents contents;
  private final PackTrust trust;
  private final SortedMap<Long, ProofBundle> bundles;
  private final Map<Hash, BundleVerifier> verifiers = new HashMap<>();

  /**
   * Of a pack.
   *
   * @param bundles by their artifacts' leaves
   */
  PackedArtifacts(PackContents contents, PackTrust trust, SortedMap<Long, ProofBundle> bundles) {
    this.contents = contents;
    this.trust = trust;
    this.bundles = bundles;
  }

  /** As of when they were issued, by the trust file of then; what is known of their keys now counts. */
  PackCheck bundles() {
    List<String> wrong = new ArrayList<>();
    int unknown = 0;
    for (Map.Entry<Long, ProofBundle> each : bundles.entrySet()) {
      long at = each.getKey();
      Optional<Check> failed = failed(at, each.getValue());
      if (failed.isPresent() && BY_TRUST.contains(failed.get().name()) && !trust.isKnownAt(at)) {
        unknown++;
      } else {
        failed
            .map(PackedArtifacts::told)
            .or(() -> whyNot(at, each.getValue()))
            .ifPresent(why -> wrong.add("leaf " + at + ": " + why));
      }
    }
    String words = bundles.size() - unknown + " held when they were issued";
    return wrong.isEmpty() && unknown > 0
        ? PackCheck.notShown(
            PackCheck.Name.BUNDLES,
            words + "; of " + unknown + " the trust file of then is not here")
        : PackVerifier.of(PackCheck.Name.BUNDLES, wrong, words);
  }

  private static String told(Check check) {
    return check.name().wire() + " must be: " + check.expected() + "; was: " + check.actual();
  }

  private Optional<Check> failed(long at, ProofBundle bundle) {
    TrustFile then = trust.fileAt(at);
    Verdict verdict =
        verifiers
            .computeIfAbsent(then.digest(), first -> BundleVerifier.of(then))
            .verify(
                bundle.toJson(),
                Presentation.NOTHING,
                Seen.NOTHING_IS_USED,
                contents.at(at).leaf().time());
    return verdict.checks().stream()
        .filter(check -> check.outcome() == Check.Outcome.FAILED)
        .filter(check -> !LATER.contains(check.name()))
        .findFirst();
  }

  private Optional<String> whyNot(long at, ProofBundle bundle) {
    try {
      Artifact artifact = Artifact.parse(bundle.artifact());
      if (!agrees((LeafBody.DecisionAllow) contents.at(at).leaf().body(), artifact)) {
        return Optional.of("leaf and artifact must agree, and do not");
      }
      return trust.newest().content().keysOf(KeyRole.ISSUER).stream()
          .filter(key -> key.key().kid().equals(artifact.kid()))
          .filter(key -> !isBelieved(key, at))
          .map(
              key ->
                  "its key must not be compromised, and is, by trust file version "
                      + trust.newest().content().version())
          .findFirst();
    } catch (MalformedArtifactException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static boolean agrees(LeafBody.DecisionAllow leaf, Artifact artifact) {
    ArtifactClaims claims = artifact.claims();
    return leaf.jti().equals(claims.jti())
        && leaf.parent().equals(claims.lineage().parent())
        && leaf.epoch() == claims.policy().epoch()
        && leaf.artifactDigest().equals(artifact.digest())
        && leaf.policyDigest().equals(claims.policy().digest())
        && leaf.requestDigest().equals(claims.request().digest());
  }

  /** What stands in the log before a compromise was signed by whom it says. */
  private static boolean isBelieved(TrustedKey key, long at) {
    return key.state() != KeyState.COMPROMISED || at < key.compromisedFrom().orElse(0);
  }

  /**
   * The token, as of when it was made, and what it says of these artifacts: what it revokes, a leaf did, which
   * is here if it stands below the checkpoint.
   */
  PackCheck status(PackedRevocations revocations) throws IOException {
    Optional<String> token = contents.statusToken();
    if (token.isEmpty()) {
      return PackCheck.notShown(
          PackCheck.Name.STATUS, "no status token was given, so none says what is revoked now");
    }
    try {
      StatusToken parsed = StatusToken.parse(token.get());
      StatusClaims claims = parsed.claims();
      if (BundleVerifier.of(trust.newest()).learn(token.get(), new TokensOnly(), claims.iat())
          instanceof StatusVerdict.Refused refused) {
        return PackCheck.fails(PackCheck.Name.STATUS, refused.reason());
      }
      if (claims.writ().treeSize() == contents.checkpoint().size()
          && !claims.writ().root().equals(contents.checkpoint().root())) {
        return PackCheck.fails(
            PackCheck.Name.STATUS,
            "its tree of "
                + claims.writ().treeSize()
                + " leaves must be the checkpoint's, and is another");
      }
      List<Long> revoked = new ArrayList<>();
      String said = said(claims, revoked);
      long size = claims.writ().treeSize();
      return PackVerifier.of(
          PackCheck.Name.STATUS,
          size > contents.checkpoint().size()
              ? List.of()
              : revoked.stream()
                  .filter(contents.asked()::containsKey)
                  .filter(at -> revocations.of(at).stream().noneMatch(by -> by.leaf() < size))
                  .map(
                      at ->
                          "the artifact of leaf "
                              + at
                              + " is revoked by it, so that a leaf below "
                              + size
                              + " must have done so, and none here did")
                  .toList(),
          "as of " + claims.iat() + ": " + said);
    } catch (MalformedStatusTokenException e) {
      return PackCheck.fails(PackCheck.Name.STATUS, String.valueOf(e.getMessage()));
    }
  }

  /** A token speaks of those of its list that had not ended. */
  private String said(StatusClaims token, List<Long> revoked) {
    int spokenOf = 0;
    for (Map.Entry<Long, ProofBundle> each : bundles.entrySet()) {
      Optional<ArtifactClaims> claims = claims(each.getValue());
      if (claims.filter(of -> speaksOf(token, of)).isPresent()) {
        spokenOf++;
        if (token.list().isRevoked(claims.get().status().orElseThrow().idx())) {
          revoked.add(each.getKey());
        }
      }
    }
    return "of "
        + bundles.size()
        + " artifacts it speaks of "
        + spokenOf
        + ", of which "
        + (revoked.isEmpty()
            ? "none is revoked"
            : "are revoked those of leaves "
                + revoked.stream().map(String::valueOf).collect(Collectors.joining(", ")));
  }

  private static Optional<ArtifactClaims> claims(ProofBundle bundle) {
    try {
      return Optional.of(Artifact.parse(bundle.artifact()).claims());
    } catch (MalformedArtifactException e) {
      // The bundles' check says so.
      return Optional.empty();
    }
  }

  private static boolean speaksOf(StatusClaims token, ArtifactClaims artifact) {
    return token.iat().isBefore(artifact.exp())
        && artifact
            .status()
            .filter(at -> at.uri().equals(token.listUri()) && token.list().covers(at.idx()))
            .isPresent();
  }
}
