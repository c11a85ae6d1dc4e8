// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.artifact.Verification;
import dev.writ.artifact.Verifier;
import dev.writ.ledger.Entry;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Precondition;
import dev.writ.policy.Question;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Answers questions with which an artifact is shown, as the gateway would that asks: the artifact must name
 * it, and permit exactly what it asks. The policy is not asked again. Nothing is used: an artifact whose
 * uses are counted is redeemed, not asked about.
 */
final class ShownArtifacts {
  private static final Denial ATTRIBUTES =
      new Denial(
          DenialCode.SCOPE_EXCEEDED,
          "attributes_unjudged",
          "subject, action and resource must have no properties where an artifact is shown, which permits"
              + " none");

  private static final Denial ANOTHER =
      new Denial(
          DenialCode.SCOPE_EXCEEDED,
          "subject",
          "the subject must be the artifact's workload, and the resource of the type resource; was another");

  private static final Denial COUNTED =
      new Denial(
          DenialCode.SCOPE_EXCEEDED,
          "uses_counted",
          "the artifact must not count its uses, and does: whoever asks twice has used it once; redeem it");

  private static final Denial UNKNOWN =
      new Denial(
          DenialCode.LINEAGE_FRAGMENTED,
          "artifact_unknown",
          "the artifact must be one that this ledger's leaf allows, and is not");

  private static final Denial WITHDRAWN =
      new Denial(DenialCode.REVOKED, "status", "the artifact must hold, and was revoked");

  private final BundleJudge judge;
  private final Ledger ledger;
  private final String tenant;
  private final InstantSource clock;
  private final SecureRandom random;

  ShownArtifacts(
      BundleJudge judge, Ledger ledger, String tenant, InstantSource clock, SecureRandom random) {
    this.judge = judge;
    this.ledger = ledger;
    this.tenant = tenant;
    this.clock = clock;
    this.random = random;
  }

  /** What is known of the artifact's status, where one is shown. */
  CompletionStage<Optional<StatusToken>> newestToken(AuthzenQuestion question) {
    return question
        .proof()
        .flatMap(AuthzenProof::artifact)
        .map(judge::newestToken)
        .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
  }

  /** An answer, and the entry that says so. */
  record Judged(Optional<Denial> denial, Entry entry) {}

  /** Answers one question. */
  Judged judge(
      AuthzenQuestion question, AuthzenProof proof, String asker, Optional<StatusToken> token)
      throws LedgerException {
    Optional<Artifact> artifact = proof.artifact();
    Optional<Leaf> decision = artifact.isPresent() ? decision(artifact.get()) : Optional.empty();
    Optional<Denial> denial = denial(question, proof, asker, token);
    if (denial.isEmpty() && decision.isEmpty()) {
      denial = Optional.of(UNKNOWN);
    }
    if (denial.isEmpty() && isWithdrawn(artifact.orElseThrow())) {
      denial = Optional.of(WITHDRAWN);
    }
    Optional<UuidV7> jti =
        decision.flatMap(known -> artifact).map(Artifact::claims).map(ArtifactClaims::jti);
    return new Judged(denial, entry(question, proof, asker, jti, decision, denial));
  }

  private Optional<Denial> denial(
      AuthzenQuestion question, AuthzenProof proof, String asker, Optional<StatusToken> token) {
    Verdict verdict =
        judge.judge(proof.bundle(), presentation(question, proof, asker), token, clock.instant());
    if (verdict instanceof Verdict.Allowed allowed) {
      return beyond(question, allowed.artifact().claims());
    }
    Verdict.Denied denied = (Verdict.Denied) verdict;
    Optional<ArtifactClaims> counted =
        proof.artifact().map(Artifact::claims).filter(claims -> claims.act().countsUses());
    return Optional.of(
        counted.isPresent() && BundleJudge.failed(denied).equals("use")
            ? COUNTED
            : new Denial(denied.code(), BundleJudge.failed(denied), denied.reason()));
  }

  /** What no check of a bundle looks at, for it knows no questions. */
  private static Optional<Denial> beyond(AuthzenQuestion question, ArtifactClaims claims) {
    if (!question.asksFor(claims)) {
      return Optional.of(ANOTHER);
    } else if (!question.isBare()) {
      return Optional.of(ATTRIBUTES);
    }
    return claims.act().countsUses() ? Optional.of(COUNTED) : Optional.empty();
  }

  /** No obligation is met: the API has no word for them that who asks must understand. */
  private Presentation presentation(AuthzenQuestion question, AuthzenProof proof, String asker) {
    return Presentation.NOTHING
        .withAudience(new Presentation.Audience.Gateway(asker))
        .withTenant(tenant)
        .withPossession(proof.possession())
        .withAction(
            new ActionAtHand(
                question.action(),
                question.asked().resource().id(),
                proof.argsDigest(),
                proof.amounts()));
  }

  private Optional<Leaf> decision(Artifact artifact) throws LedgerException {
    Optional<IssuedArtifact> issued = ledger.artifact(artifact.claims().jti());
    Optional<Leaf> leaf =
        issued.isPresent() ? ledger.leaf(issued.get().leafIndex()) : Optional.empty();
    return leaf.filter(
        known ->
            known.body() instanceof LeafBody.DecisionAllow allow
                && allow.artifactDigest().equals(artifact.digest()));
  }

  private boolean isWithdrawn(Artifact artifact) throws LedgerException {
    return ledger.artifact(artifact.claims().jti()).map(IssuedArtifact::revoked).orElse(true);
  }

  private Entry entry(
      AuthzenQuestion question,
      AuthzenProof proof,
      String asker,
      Optional<UuidV7> jti,
      Optional<Leaf> decision,
      Optional<Denial> denial) {
    byte[] salt = Commitment.newSalt(random);
    byte[] asked = asked(question, proof, asker);
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            decision.map(known -> List.of(known.hash())).orElse(List.<Hash>of()),
            new Verification(
                jti,
                Verifier.SERVICE,
                Optional.empty(),
                Commitment.of(salt, asked),
                denial.map(Denial::code),
                denial.map(Denial::reason),
                OptionalLong.empty()));
    Entry entry =
        Entry.of(leaf).withPayload(Payload.shown(asked, salt, Commitment.newSalt(random)));
    return denial.isEmpty() ? entry.given(new Precondition.ParentLive(jti.orElseThrow())) : entry;
  }

  private static byte[] asked(AuthzenQuestion question, AuthzenProof proof, String asker) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("asker", asker);
    map.put("action", question.action());
    map.put("args_digest", proof.argsDigest());
    map.put("amounts", proof.amounts());
    map.put("subject", entity(question.asked().subject()));
    map.put("resource", entity(question.asked().resource()));
    return Jcs.canonical(map);
  }

  private static Map<String, Object> entity(Question.Entity entity) {
    return Map.of("type", entity.type(), "id", entity.id());
  }
}
