// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StatusIndex;
import dev.writ.service.CountedApprovals.Counted;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Writes decisions as ledger entries: the leaf, what must still hold when it is committed, and what
 * changes with it. Parents of a decision are the policy that decided, the host's enrolment, where it was made
 * under a break-glass the leaf that began that, the approvals that the policy's rules saw, the decision that
 * allowed the artifact under which it was asked, and the one that allowed the execution to begin that it renews,
 * which has the approvals then that are not used again.
 */
final class DecisionEntries {
  private final InstantSource clock;
  private final SecureRandom random;

  DecisionEntries(InstantSource clock, SecureRandom random) {
    this.clock = clock;
    this.random = random;
  }

  Entry allowed(Judgement.Granted granted, Artifact artifact, StatusIndex status) {
    Grounds grounds = granted.grounds();
    PolicyInForce policy = grounds.policy();
    Application application = grounds.application();
    ArtifactClaims claims = artifact.claims();
    Salts salts = Salts.random(random);
    LeafBody body =
        new LeafBody.DecisionAllow(
            claims.jti(),
            artifact.digest(),
            application.request().digest(),
            Hash.of(application.evidence().digest()),
            policy.digest(),
            policy.epoch(),
            commitment(salts.subject(), claims.sub()),
            commitment(salts.host(), grounds.host().name()),
            Commitment.of(salts.args(), claims.act().argsDigest().bytes()),
            claims.lineage().parent(),
            grounds.renewal().map(Renewal::first));
    List<StateChange> changes = new ArrayList<>();
    if (takesNonce(granted.nonce())) {
      changes.add(nonceOf(application.challenge()));
    }
    changes.add(
        new StateChange.RecordArtifact(
            claims.jti(),
            claims.exp(),
            Optional.of(status),
            granted.standing().seen(),
            Optional.of(Hash.sha256(claims.sub().getBytes(StandardCharsets.UTF_8)))));
    grounds.parent().ifPresent(parent -> changes.add(parent.recorded(claims.jti())));
    changes.addAll(grounds.learned());
    List<Precondition> rests = new ArrayList<>();
    rests.add(new Precondition.EpochIs(policy.epoch()));
    rests.add(policy.mode().unchanged());
    rests.add(new Precondition.HostActive(grounds.host().akName()));
    rests.add(new Precondition.KeyActive(artifact.kid()));
    grounds
        .parent()
        .ifPresent(
            parent -> {
              rests.add(new Precondition.ParentLive(parent.claims().jti()));
              rests.add(new Precondition.NotRevoked(parent.begun()));
              rests.add(new Precondition.HostActive(parent.claims().env().akName()));
            });
    grounds
        .renewal()
        .ifPresent(
            renewal -> {
              rests.add(new Precondition.ParentLive(renewal.claims().jti()));
              rests.add(new Precondition.NotRevoked(renewal.first()));
            });
    List<Counted> approvals = grounds.approvals().used();
    approvals.forEach(approval -> changes.add(approval.use()));
    if (!grounds.approvals().seen().isEmpty()) {
      rests.add(new Precondition.NoTrustAfter(grounds.approvals().trust().version()));
    }
    return new Entry(
        leaf(
            grounds.decided(),
            policy,
            grounds.host(),
            policy.mode().parent(grounds.decided()),
            approvals,
            Stream.concat(
                    grounds.parent().map(ParentGrant::leaf).stream(),
                    grounds.renewal().map(renewal -> renewal.began().hash()).stream())
                .toList(),
            body),
        changes,
        rests,
        Optional.of(Payload.allowed(granted.allow(), grounds, salts, artifact.compact())));
  }

  /**
   * The entry of a denial. One that took the host for active says so: where it is not, that comes
   * first, and the host is judged once more.
   */
  Entry denied(Application application, Judgement.Refused refused) {
    PolicyInForce policy = refused.policy();
    List<Precondition> rests = new ArrayList<>();
    rests.add(new Precondition.EpochIs(policy.epoch()));
    rests.add(policy.mode().unchanged());
    if (refused.host().isActive()) {
      rests.add(new Precondition.HostActive(refused.host().akName()));
    }
    LeafBody body =
        new LeafBody.DecisionDeny(
            refused.denial().code(),
            refused.denial().reason(),
            Optional.of(application.request().digest()),
            Optional.of(Hash.of(application.evidence().digest())),
            policy.digest(),
            policy.epoch());
    List<StateChange> changes = new ArrayList<>();
    if (takesNonce(refused.nonce())) {
      changes.add(nonceOf(application.challenge()));
    }
    refused.standing().seen().ifPresent(changes::add);
    refused.bootLog().ifPresent(changes::add);
    return new Entry(
        leaf(
            Instant.ofEpochMilli(clock.millis()),
            policy,
            refused.host(),
            refused.decision().flatMap(deny -> policy.mode().parent(deny.inputs().now())),
            refused.approvals(),
            List.of(),
            body),
        changes,
        rests,
        Optional.of(Payload.denied(application, refused, Commitment.newSalt(random))));
  }

  /**
   * The entry that voids what a host has, before the decision that its application leads to. It takes the
   * nonce, so that an old application that is sent again voids nothing.
   */
  Entry voided(Application application, Judgement.Known judgement, Continuity.Voiding voiding) {
    List<StateChange> changes = new ArrayList<>();
    if (takesNonce(judgement.nonce())) {
      changes.add(nonceOf(application.challenge()));
    }
    judgement.standing().seen().ifPresent(changes::add);
    changes.add(new StateChange.VoidArtifacts(voiding.akName()));
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            voiding.leaf() instanceof LeafBody.ScopeRevocation
                ? List.of(judgement.policy().leaf(), judgement.host().enrolment())
                : List.of(judgement.host().enrolment()),
            voiding.leaf());
    return new Entry(leaf, changes, List.of(), Optional.empty());
  }

  private static boolean takesNonce(Judgement.Nonce nonce) {
    return switch (nonce) {
      case SPENT, SPENT_IF_FREE -> true;
      case LEFT, HELD -> false;
    };
  }

  private Leaf leaf(
      Instant time,
      PolicyInForce policy,
      KnownHost host,
      Optional<Hash> breakglass,
      List<Counted> approvals,
      List<Hash> origins,
      LeafBody body) {
    List<Hash> parents = new ArrayList<>(List.of(policy.leaf(), host.enrolment()));
    breakglass.ifPresent(parents::add);
    approvals.forEach(approval -> parents.add(approval.leaf()));
    parents.addAll(origins);
    return Leaf.of(time, UuidV7.next(clock, random), parents, body);
  }

  private static StateChange nonceOf(Challenge challenge) {
    return new StateChange.ConsumeNonce(Hash.of(challenge.nonce().bytes()), challenge.expires());
  }

  private static Commitment commitment(byte[] salt, String value) {
    return Commitment.of(salt, value.getBytes(StandardCharsets.UTF_8));
  }
}
