// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Narrowing;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Whether an opened artifact says what its allow says, and may no more than its parent. */
final class OpenedAgreement {
  private final Lineage lineage;
  private final IndexedLeaf leaf;
  private final LeafBody.DecisionAllow allow;
  private final ArtifactClaims claims;
  private final List<Finding> findings = new ArrayList<>();

  private OpenedAgreement(
      Lineage lineage, IndexedLeaf leaf, LeafBody.DecisionAllow allow, ArtifactClaims claims) {
    this.lineage = lineage;
    this.leaf = leaf;
    this.allow = allow;
    this.claims = claims;
  }

  static List<Finding> judge(Lineage lineage, IndexedLeaf leaf, List<IndexedLeaf> parents)
      throws IOException {
    if (!(leaf.leaf().body() instanceof LeafBody.DecisionAllow allow)) {
      return List.of();
    }
    Optional<ArtifactClaims> claims = lineage.openings().artifact(allow.artifactDigest());
    if (claims.isEmpty()) {
      return List.of();
    }
    OpenedAgreement opened = new OpenedAgreement(lineage, leaf, allow, claims.get());
    opened.withLeaf(parents);
    if (allow.renews().isPresent()) {
      opened.withRenewed(parents, allow.renews().get());
    }
    if (claims.get().lineage().parent().isPresent()) {
      opened.withParent(claims.get().lineage().parent().get());
    }
    return opened.findings;
  }

  private void withLeaf(List<IndexedLeaf> parents) {
    agrees("jti", allow.jti(), claims.jti());
    agrees("policy.digest", allow.policyDigest(), claims.policy().digest());
    agrees("policy.epoch", allow.epoch(), claims.policy().epoch());
    lineage
        .openings()
        .value(allow.subject())
        .ifPresent(subject -> agrees("sub", subject, claims.sub()));
    lineage
        .openings()
        .value(allow.args())
        .ifPresent(args -> agrees("act.args_digest", args, claims.act().argsDigest().hex()));
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.Enrolment enrolment) {
        agrees(
            "env.ak_name's digest",
            enrolment.akNameDigest(),
            Hash.sha256(claims.env().akName().bytes()));
      }
    }
  }

  /** A renewal is of the same execution. */
  private void withRenewed(List<IndexedLeaf> parents, UuidV7 first) {
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.DecisionAllow renewed
          && renewed.jti().equals(first)) {
        lineage
            .openings()
            .artifact(renewed.artifactDigest())
            .ifPresent(
                opened ->
                    agrees(
                        "lineage.execution",
                        opened.lineage().execution(),
                        claims.lineage().execution()));
      }
    }
  }

  private void withParent(UuidV7 parent) throws IOException {
    OptionalLong at = lineage.ofArtifact(parent);
    if (at.isEmpty() || at.getAsLong() >= leaf.index()) {
      findings.add(
          new Finding.Contradiction(
              leaf.index(),
              Rule.CHILD_SCOPE,
              "lineage.parent",
              "an artifact that an earlier leaf allows",
              parent.toString()));
      return;
    }
    notWithdrawn(at.getAsLong());
    LeafBody.DecisionAllow ofParent =
        (LeafBody.DecisionAllow) lineage.leaf(at.getAsLong()).orElseThrow().body();
    Optional<ArtifactClaims> opened = lineage.openings().artifact(ofParent.artifactDigest());
    if (opened.isPresent()) {
      narrower(at.getAsLong(), opened.get());
    }
  }

  /** By whatever withdraws it or one above it, and not by its name alone. */
  private void notWithdrawn(long parent) throws IOException {
    lineage.withdrawals(parent).stream()
        .filter(Withdrawal::isCertain)
        .mapToLong(Withdrawal::leaf)
        .filter(withdrawal -> withdrawal < leaf.index())
        .filter(lineage.index().withdrawing()::isWhole)
        .findFirst()
        .ifPresent(
            withdrawal ->
                wider(
                    parent,
                    "the parent's artifact",
                    "in force",
                    "withdrawn by leaf " + withdrawal));
  }

  private void narrower(long at, ArtifactClaims parent) {
    within(at, "tenant", parent.tenant(), claims.tenant());
    within(at, "lineage.root", parent.lineage().root(), claims.lineage().root());
    within(at, "lineage.depth", parent.lineage().depth() + 1, claims.lineage().depth());
    if (claims.exp().isAfter(parent.exp())) {
      wider(at, "exp", "at most " + parent.exp(), claims.exp().toString());
    }
    if (!claims.iat().isBefore(parent.exp())) {
      wider(at, "iat", "before " + parent.exp(), claims.iat().toString());
    }
    if (allow.parent().isPresent()) {
      Narrowing.excess(parent, claims)
          .ifPresent(excess -> wider(at, excess.field(), excess.mustBe(), excess.was()));
    }
    for (Map.Entry<String, Long> limit : parent.act().limits().entrySet()) {
      Long own = claims.act().limits().get(limit.getKey());
      if (own == null || own > limit.getValue()) {
        wider(
            at,
            "act.limits." + limit.getKey(),
            "at most " + limit.getValue(),
            own == null ? "unlimited" : own.toString());
      }
    }
  }

  private void agrees(String field, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      findings.add(
          new Finding.Contradiction(
              leaf.index(), Rule.OPENING_AGREES, field, expected.toString(), actual.toString()));
    }
  }

  private void within(long parent, String field, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      wider(parent, field, expected.toString(), actual.toString());
    }
  }

  private void wider(long parent, String field, String expected, String actual) {
    findings.add(new Finding.WiderChild(leaf.index(), parent, field, expected, actual));
  }
}
