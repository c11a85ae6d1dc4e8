// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Challenge;
import dev.writ.ledger.HostState;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Artifacts that are asked for under others, by hosts of which each has its own keys. */
final class DelegationTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;
  private SoftwareHost other;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void start() throws Exception {
    deployment = new Deployment(token, folder);
    deployment.policyText(DelegationTest::delegating);
    host = deployment.host("host-a");
    other = deployment.host("host-b");
    deployment.start();
    for (SoftwareHost each : List.of(host, other)) {
      assertThat(deployment.enrol(each)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    }
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private static String delegating(String policy) {
    return "{\"delegation\":{\"max_depth\":2}," + policy.substring(1);
  }

  private static Act act(int uses, int delegableUses) {
    return new Act(
        "exec",
        "/usr/bin/true",
        Hash.sha256(new byte[] {1}),
        Map.of(),
        uses,
        delegableUses == 0
            ? Optional.empty()
            : Optional.of(
                new Delegable(
                    List.of("exec"),
                    List.of("/usr/bin"),
                    List.of(Deployment.GATEWAY),
                    delegableUses)));
  }

  private static ExecutionRequest request(SoftwareHost asker, Act act, Optional<Artifact> parent) {
    ExecutionRequest any = Deployment.request(asker);
    return new ExecutionRequest(
        any.iss(),
        any.aud(),
        any.tenant(),
        any.sub(),
        act,
        parent.map(artifact -> artifact.claims().jti()),
        any.jkt());
  }

  private Artifact root(int delegableUses) throws Exception {
    Challenge challenge = deployment.challenge(host);
    return Deployment.artifact(
        deployment.issue(
            host.answer(challenge, request(host, act(1, delegableUses), Optional.empty()))));
  }

  /** Signed for by {@code holder}, whose the parent is, or is not. */
  private Application application(
      SoftwareHost asker, SoftwareHost holder, Artifact parent, ExecutionRequest request) {
    Challenge challenge = deployment.challenge(asker);
    Application plain = asker.answer(challenge, request);
    return with(plain, proof(holder, parent, challenge, request));
  }

  private static ParentProof proof(
      SoftwareHost holder, Artifact parent, Challenge challenge, ExecutionRequest request) {
    byte[] message =
        ParentProof.message(Hash.of(challenge.nonce().bytes()), request.digest(), request.jkt());
    return new ParentProof(
        parent, holder.instanceKey.publicKey(), holder.instanceKey.signP1363(message));
  }

  private static Application with(Application plain, ParentProof proof) {
    return new Application(
        plain.akName(),
        plain.challenge(),
        plain.request(),
        plain.exec(),
        plain.evidence(),
        plain.initiatorToken(),
        Optional.of(proof));
  }

  private IssuanceOutcome ask(SoftwareHost asker, SoftwareHost holder, Artifact parent, Act act) {
    return deployment.issue(
        application(asker, holder, parent, request(asker, act, Optional.of(parent))));
  }

  private void assertDenied(String reason, IssuanceOutcome outcome) throws Exception {
    assertThat(Deployment.denial(DenialCode.AUTHORIZATION_DISCONTINUITY, outcome).reason())
        .isEqualTo(reason);
    assertThat(deployment.lastLeaf().body())
        .isInstanceOfSatisfying(
            LeafBody.DecisionDeny.class, deny -> assertThat(deny.reason()).isEqualTo(reason));
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
      ArtifactClaims claims = Artifact.parse(bundle.artifact()).claims();
      int list =
          deployment
              .service()
              .ledger()
              .artifact(claims.jti())
              .orElseThrow()
              .status()
              .orElseThrow()
              .list();
      ProofBundle newest =
          ProofBundle.of(
              Artifact.parse(bundle.artifact()),
              Leaf.parse(bundle.leaf()),
              bundle.tlogProof(),
              StatusToken.parse(deployment.service().statusTokens().token(list).orElseThrow()));
      assertThat(deployment.verdict(newest, new SeenInMemory()))
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
}
