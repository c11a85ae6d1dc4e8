// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Governance;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Challenge;
import dev.writ.ledger.HostState;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Artifacts that are asked for under others, by hosts of which each has its own keys. */
final class DelegationTest extends DelegatingHosts {
  DelegationTest() {
    super(2);
  }

  @Test
  void child_onAnotherHost_isOfItsParent_endsWithIt_andReplaysTheSame() throws Exception {
    Artifact parent = root(3);
    deployment.clock.advance(Duration.ofSeconds(30));

    IssuanceOutcome issued = ask(other, host, parent, act(1, 1));
    ArtifactClaims child = Deployment.claims(issued);

    ArtifactClaims above = parent.claims();
    assertThat(child.lineage().parent()).contains(above.jti());
    assertThat(child.lineage().root()).isEqualTo(above.lineage().root());
    assertThat(child.lineage().depth()).isEqualTo(1);
    assertThat(child.exp()).isEqualTo(above.exp());
    assertThat(child.gov().initiator()).isEqualTo(above.gov().initiator());
    assertThat(child.gov().obligations()).containsAll(above.gov().obligations());
    Leaf leaf = deployment.lastLeaf();
    long row = deployment.service().ledger().artifact(above.jti()).orElseThrow().leafIndex();
    assertThat(leaf.parents())
        .contains(deployment.service().ledger().leaf(row).orElseThrow().hash());
    assertThat(((LeafBody.DecisionAllow) leaf.body()).parent()).contains(above.jti());
    assertThat(deployment.verdict(Deployment.bundle(issued), new SeenInMemory()))
        .isInstanceOf(Verdict.Allowed.class);
    long childAt = deployment.leaves() - 1;

    ReplayedStore store = ReplayedStore.of(deployment);
    Replayed replayed = store.replay(childAt);
    assertThat(notSame(replayed)).isEmpty();
    assertThat(replayed.steps().stream().map(step -> step.step().wire())).contains("parent");
    assertThat(notSame(store.replay(row))).isEmpty();
  }

  @Test
  void parent_thatIsNotShown_isAnothers_orWasShownForAnotherRequest_isDenied() throws Exception {
    Artifact parent = root(9);
    Act act = act(1, 0);
    ExecutionRequest request = request(other, act, Optional.of(parent));

    assertDenied(
        "parent_unproven", deployment.issue(other.answer(deployment.challenge(other), request)));
    assertDenied("parent_unproven", ask(other, other, parent, act));
    Challenge challenge = deployment.challenge(other);
    ParentProof elsewhere = proof(host, parent, deployment.challenge(other), request);
    assertDenied(
        "parent_unproven", deployment.issue(with(other.answer(challenge, request), elsewhere)));
    Artifact second = root(9);
    assertDenied("parent_mismatch", deployment.issue(application(other, host, second, request)));
  }

  @Test
  void child_widerThanItsParent_orTooDeep_isDenied() throws Exception {
    Artifact parent = root(9);
    Hash args = Hash.sha256(new byte[] {1});
    for (String resource :
        List.of("/usr/binary", "/usr/bin/../sbin/x", "/usr/bin//true", "/usr/bin/%74rue", "/")) {
      assertDenied(
          "parent_exceeded",
          ask(other, host, parent, new Act("exec", resource, args, Map.of(), 1)));
    }
    assertThat(
            Deployment.denial(
                    DenialCode.AUTHORIZATION_DISCONTINUITY,
                    ask(other, host, parent, new Act("exec", "/usr/sbin/x", args, Map.of(), 1)))
                .message())
        .contains("act.resource must be", "below one of [/usr/bin]", "was /usr/sbin/x");
    assertDenied("parent_exceeded", ask(other, host, parent, act(9, 9)));
    Artifact child = Deployment.artifact(ask(other, host, parent, act(1, 4)));
    Artifact grandchild = Deployment.artifact(ask(host, other, child, act(1, 1)));
    assertThat(grandchild.claims().lineage().depth()).isEqualTo(2);
    assertDenied("parent_too_deep", ask(other, host, grandchild, act(1, 0)));
    // 5 of 9 are drawn.
    assertDenied("parent_uses_spent", ask(other, host, parent, act(5, 0)));
    assertThat(ask(other, host, parent, act(4, 0))).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void revokedParent_hasNoChildren_andThoseItHadVerifyNowhere() throws Exception {
    Artifact parent = root(9);
    IssuanceOutcome child = ask(other, host, parent, act(1, 4));
    ProofBundle grandchild =
        Deployment.bundle(ask(host, other, Deployment.artifact(child), act(1, 0)));

    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .revocations()
                    .revoke(parent.claims().jti(), RevocationReason.SUPERSEDED)))
        .isInstanceOf(RevocationOutcome.Revoked.class);

    for (ProofBundle bundle : List.of(Deployment.bundle(child), grandchild)) {
      assertThat(deployment.verdict(newest(bundle), new SeenInMemory()))
          .isInstanceOfSatisfying(
              Verdict.Denied.class,
              denied -> assertThat(denied.code()).isEqualTo(DenialCode.REVOKED));
    }
    assertDenied("parent_revoked", ask(other, host, parent, act(1, 0)));
    assertDenied("parent_revoked", ask(other, other, Deployment.artifact(child), act(1, 0)));
  }

  @Test
  void parent_thatEnded_orWhoseHostIsSuspended_hasNoChildren() throws Exception {
    Artifact parent = root(9);
    deployment.set(host, HostState.SUSPENDED);
    assertDenied("parent_host_not_active", ask(other, host, parent, act(1, 0)));
    deployment.set(host, HostState.ACTIVE);
    deployment.clock.advance(Duration.between(deployment.clock.instant(), parent.claims().exp()));
    assertDenied("parent_expired", ask(other, host, parent, act(1, 0)));
  }

  @Test
  void policyThatSaysNothingOfDelegation_letsNothingBeDelegated() throws Exception {
    Artifact parent = root(9);
    Path elsewhere = folder.resolve("other");
    try (Deployment plain = new Deployment(token, elsewhere)) {
      SoftwareHost own = plain.host("host-a");
      plain.start();
      assertThat(plain.enrol(own)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
      Denial denial =
          Deployment.denial(
              DenialCode.AUTHORIZATION_DISCONTINUITY,
              plain.issue(
                  own.answer(plain.challenge(own), request(own, act(1, 1), Optional.empty()))));
      assertThat(denial.reason()).isEqualTo("parent_not_permitted");
      assertThat(
              Deployment.denial(
                      DenialCode.AUTHORIZATION_DISCONTINUITY,
                      plain.issue(
                          own.answer(
                              plain.challenge(own), request(own, act(1, 0), Optional.of(parent)))))
                  .reason())
          .isEqualTo("parent_unknown");
    }
  }

  /** How deep it stands its parent's artifact says: nobody who writes rows can have a replay say otherwise. */
  @Test
  void rowOfAParent_thatIsMoved_changesNoReplay() throws Exception {
    Artifact child = Deployment.artifact(ask(other, host, root(9), act(1, 4)));
    IssuanceOutcome grandchild = ask(host, other, child, act(1, 0));
    assertThat(grandchild).isInstanceOf(IssuanceOutcome.Issued.class);
    long at = deployment.leaves() - 1;
    ReplayedStore store = ReplayedStore.of(deployment);
    try (Connection rows = deployment.store();
        Statement change = rows.createStatement()) {
      assertThat(change.executeUpdate("UPDATE descent SET depth = 64 WHERE depth = 1")).isOne();
    }
    assertThat(notSame(store.replay(at))).isEmpty();
  }

  /** A row that says less was drawn lets one more child through; its replay sums what was asked for. */
  @Test
  void drawOfAChild_thatARowHides_isFoundByTheReplayOfTheNext() throws Exception {
    Artifact parent = root(3);
    assertThat(ask(other, host, parent, act(2, 0))).isInstanceOf(IssuanceOutcome.Issued.class);
    try (Connection rows = deployment.store();
        Statement change = rows.createStatement()) {
      assertThat(change.executeUpdate("UPDATE descent SET uses = 0 WHERE uses = 2")).isOne();
    }
    assertThat(ask(other, host, parent, act(2, 0))).isInstanceOf(IssuanceOutcome.Issued.class);
    long at = deployment.leaves() - 1;
    assertThat(notSame(ReplayedStore.of(deployment).replay(at)))
        .singleElement()
        .asString()
        .contains("delegable.max_uses", "at most 3 drawn", "2 before, and 2");
  }

  /**
   * Rules are shown the parent's initiator where its very act is handed over. What another act is asked for by
   * nobody may be taken for his.
   */
  @Test
  void initiatorOfAParent_isShownForItsOwnActAlone() throws Exception {
    Artifact parent = root(9);
    ArtifactClaims any = parent.claims();
    for (String name : List.of("alice", "host:host-a")) {
      ArtifactClaims named =
          new ArtifactClaims(
              any.iss(),
              any.sub(),
              any.aud(),
              any.iat(),
              any.nbf(),
              any.exp(),
              any.jti(),
              any.jkt(),
              any.tenant(),
              any.act(),
              any.env(),
              any.policy(),
              new Governance(
                  name, any.gov().approvals(), any.gov().obligations(), any.gov().mode()),
              any.lineage(),
              any.status(),
              any.logOrigin(),
              any.ear());
      Artifact of = Artifact.assemble(Artifact.signingInput(parent.kid(), named), new byte[64]);
      ParentProof proof = new ParentProof(of, host.instanceKey.publicKey(), new byte[64]);
      Hash leaf = Hash.sha256(new byte[0]);
      Optional<ParentGrant> own = Optional.of(new ParentGrant(proof, leaf, any.jti(), 0, true));
      Optional<ParentGrant> another =
          Optional.of(new ParentGrant(proof, leaf, any.jti(), 0, false));
      assertThat(Parents.initiator(own, Optional.empty()))
          .isEqualTo(Optional.of(name).filter("alice"::equals));
      assertThat(Parents.initiator(another, Optional.empty())).isEmpty();
      assertThat(Parents.initiator(another, Optional.of("bob"))).contains("bob");
      assertThat(Parents.initiator(Optional.empty(), Optional.of("bob"))).contains("bob");
    }
  }
}
