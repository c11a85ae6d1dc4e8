// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Ear;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.evidence.Challenge;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SigningKey;
import dev.writ.ledger.StateChange;
import dev.writ.policy.PolicyRevision;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.SignedNote;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What outlives a service, and what keeps one from starting. */
final class RestartTest {
  private static final int CLAIM_OF_A_SIMULATOR = 32;

  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void make() {
    deployment = new Deployment(token, folder);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  @Test
  void firstStart_putsKeysThenPolicyIntoTheLedger() throws Exception {
    Ledger ledger = deployment.start().ledger();

    List<Leaf> leaves = new ArrayList<>();
    for (long i = 0; i < ledger.size(); i++) {
      leaves.add(ledger.leaf(i).orElseThrow());
    }
    assertThat(leaves)
        .extracting(Leaf::kind)
        .containsExactly(
            LeafKind.KEY,
            LeafKind.KEY,
            LeafKind.KEY,
            LeafKind.KEY,
            LeafKind.KEY,
            LeafKind.KEY,
            LeafKind.POLICY);
    assertThat(leaves.subList(0, 6))
        .extracting(leaf -> ((LeafBody.KeyStatement) leaf.body()).role())
        .containsExactly(
            KeyRole.CHECKPOINT,
            KeyRole.CHECKPOINT,
            KeyRole.ISSUER,
            KeyRole.STATUS,
            KeyRole.TLS,
            KeyRole.ATTESTATION);
    assertThat(leaves.subList(0, 2))
        .extracting(leaf -> ((LeafBody.KeyStatement) leaf.body()).alg())
        .containsExactly(KeyAlgorithm.ES256, KeyAlgorithm.ED25519);
    for (Leaf key : leaves.subList(1, 6)) {
      assertThat(key.parents()).containsExactly(leaves.get(0).hash());
    }
    assertThat(leaves.get(6).parents())
        .containsExactlyElementsOf(leaves.subList(2, 6).stream().map(Leaf::hash).toList());
    assertThat(((LeafBody.PolicyInForce) leaves.get(6).body()).policy().epoch()).isEqualTo(1);
    assertThat(ledger.payload(6)).hasValue(deployment.document().canonical());
  }

  /** A token from before checkpoints had a second signature, which then got the key of it. */
  @Test
  void restart_withAnEd25519Key_introducesItAndSignsCheckpointsTwice() throws Exception {
    IssuerKeys ours = token.keys();
    IssuerKeys before =
        new IssuerKeys(
            ours.issuer(),
            ours.checkpoint(),
            Optional.empty(),
            ours.status(),
            ours.tls(),
            ours.attestation(),
            ours.signatures());
    WritService first = deployment.start(deployment.setup(before, deployment.setup().policy()));
    long leaves = first.ledger().size();
    assertThat(first.ledger().checkpoint().signatures()).hasSize(1);
    first.close();

    Ledger ledger = deployment.start(deployment.setup(ours, deployment.setup().policy())).ledger();

    assertThat(ledger.size()).isEqualTo(leaves + 1);
    SignedNote checkpoint = ledger.checkpoint();
    assertThat(checkpoint.signatures()).hasSize(2);
    List<CheckpointSigner> signers = ours.checkpointSigners(deployment.setup().identity().origin());
    for (CheckpointSigner signer : signers) {
      assertThat(checkpoint.open(List.of(NoteVerifier.of(signer.key()))))
          .as("%s alone", signer.key())
          .isInstanceOf(NoteOutcome.Opened.class);
    }
    assertThat(((LeafBody.KeyStatement) ledger.leaf(leaves).orElseThrow().body()).vkey())
        .contains(signers.get(1).key().vkey());
  }

  @Test
  void restart_keepsEpochHostsAndUsedNonces() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    Application used = host.answer(deployment.challenge(host), Deployment.request(host));
    Application unused = host.answer(deployment.challenge(host), Deployment.request(host));
    assertThat(deployment.issue(used)).isInstanceOf(IssuanceOutcome.Issued.class);
    long leaves = deployment.leaves();

    deployment.restart();

    assertThat(deployment.leaves()).as("nothing was put in twice").isEqualTo(leaves);
    assertThat(Deployment.claims(deployment.issue(unused)).policy().epoch()).isEqualTo(1);
    Deployment.denial(DenialCode.REPLAYED, deployment.issue(used));
  }

  @Test
  void case89_challengeOfAnotherService_isRuntimeIntegrity() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);

    try (Deployment other = new Deployment(token, folder.resolve("other"))) {
      other.makers.believe(deployment.maker);
      other.admitted.put(host.ekDigest(), host.name);
      other.start();
      assertThat(other.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
      Application application = host.answer(other.challenge(host), Deployment.request(host));

      Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.issue(application));
      assertThat(other.issue(application)).isInstanceOf(IssuanceOutcome.Issued.class);
    }
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void anotherPolicy_raisesTheEpochByOne_andChallengesBeforeItAreOfAnEarlierEpoch()
      throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    Challenge challenge = deployment.challenge(host);
    Hash before = deployment.service().ledger().leaf(3).orElseThrow().hash();

    deployment.policy(PolicyRevision::nextVersion);
    deployment.restart();

    Leaf policyLeaf = deployment.lastLeaf();
    assertThat(policyLeaf.kind()).isEqualTo(LeafKind.POLICY);
    assertThat(policyLeaf.parents()).contains(before);
    Application old = host.answer(challenge, Deployment.request(host));
    assertThat(Deployment.denial(DenialCode.POLICY_MISMATCH, deployment.issue(old)).reason())
        .isEqualTo("challenge_of_earlier_epoch");
    assertThat(deployment.lastLeaf().kind()).isEqualTo(LeafKind.DECISION_DENY);
    Deployment.denial(DenialCode.POLICY_MISMATCH, deployment.issue(old));
    assertThat(Deployment.claims(deployment.attest(host)).policy().epoch()).isEqualTo(2);

    deployment.restart();
    assertThat(deployment.service().ledger().policyEpoch().orElseThrow().epoch()).isEqualTo(2);

    deployment.policy(unchanged -> {});
    deployment.restart();
    assertThat(Deployment.claims(deployment.attest(host)).policy().epoch())
        .as("an older policy again is a new epoch, never an older one")
        .isEqualTo(3);
  }

  @Test
  void secondServiceOnOneFolder_stopsWithOneSentence() throws Exception {
    deployment.start();

    assertThatThrownBy(() -> WritService.start(deployment.setup()))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining(folder.toRealPath().resolve("ledger").toString())
        .hasMessageNotContaining("\n");
    deployment.restart();
  }

  @Test
  void erasedEnrolment_leavesNobodyWhoVouches() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(hardware(deployment.attest(host))).hasValue(CLAIM_OF_A_SIMULATOR);

    Ledger ledger = deployment.service().ledger();
    long enrolment = ledger.host(host.akName()).orElseThrow().leafIndex();
    assertThat(ledger.payloads().erase(enrolment)).isTrue();
    deployment.clock.advance(Endorsements.GOOD_FOR);

    assertThat(
            Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host)).reason())
        .isEqualTo("endorsed-host");
    assertThat(lastInputs())
        .contains("\"endorsement\":\"absent\"", "\"endorsement_given\":\"none\"")
        .doesNotContain("endorsement_holds");
  }

  /** The operator stops believing a maker: its hosts stay enrolled, and get nothing more. */
  @Test
  void withdrawnRoot_contraindicatesTheHostsThatItVouchedFor() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);

    deployment.makers.believe(
        EndorsementAuthority.create(deployment.clock.instant(), new SecureRandom()));
    deployment.restart();

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(lastInputs())
        .contains(
            "\"endorsement\":\"absent\"",
            "\"endorsement_holds:ek_issuer_unknown\":\"contraindicated\"",
            "\"tier\":\"contraindicated\"");
    assertThat(deployment.lastLeaf().kind()).isEqualTo(LeafKind.DECISION_DENY);
  }

  @Test
  void certificateThatIsAnotherHosts_isNotWhatTheLeafNames() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    SoftwareHost other = deployment.host("host-b");
    giveTheCertificateOf(other, host);

    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.attest(host)).reason())
        .isEqualTo("payload_contradicts");
    assertThat(deployment.attest(other)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  /** Behind the service's back, while it runs. */
  private void giveTheCertificateOf(SoftwareHost other, SoftwareHost host) throws Exception {
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.enrol(other)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    long from = deployment.service().ledger().host(other.akName()).orElseThrow().leafIndex();
    long to = deployment.service().ledger().host(host.akName()).orElseThrow().leafIndex();
    try (Connection store = deployment.store();
        Statement change = store.createStatement()) {
      assertThat(
              change.executeUpdate(
                  "UPDATE payload SET bytes = (SELECT bytes FROM payload WHERE leaf_index = "
                      + from
                      + ") WHERE leaf_index = "
                      + to))
          .isEqualTo(1);
    }
  }

  /** Leaves of older versions name no payload: whoever can write to the store can change it unseen. */
  @Test
  void certificateThatIsAnotherHosts_besideALeafThatNamesNone_vouchesForNobody() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    SoftwareHost other = deployment.host("host-b");
    giveTheCertificateOf(other, host);
    deployment.forgetPayloadOf(
        deployment.service().ledger().host(host.akName()).orElseThrow().leafIndex());

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(lastInputs())
        .contains("\"endorsement_holds:ek_public_mismatch\":\"contraindicated\"");
    assertThat(deployment.attest(other)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(lastInputs()).contains("\"endorsement\":\"trusted\"");
  }

  private static Optional<Integer> hardware(IssuanceOutcome outcome) throws Exception {
    Map<String, Ear.Appraisal> submods = Deployment.claims(outcome).ear().submods();
    Ear.Appraisal host = Objects.requireNonNull(submods.get("host"));
    return Optional.ofNullable(host.vector().get(Ear.Claim.HARDWARE));
  }

  /** What the policy was shown, from the newest leaf's payload. */
  private String lastInputs() throws Exception {
    String payload =
        new String(
            deployment.service().ledger().payload(deployment.leaves() - 1).orElseThrow(),
            StandardCharsets.UTF_8);
    return payload.substring(payload.indexOf("\"inputs\":{"));
  }

  @Test
  void policyThatObligesToMoreThanAnArtifactHolds_stopsTheStart() throws Exception {
    // Eight are as many as one rule may have; the first three rules come to 24.
    String document = new String(deployment.document().canonical(), StandardCharsets.UTF_8);
    for (int rule : List.of(0, 1, 2)) {
      String obligations =
          IntStream.range(0, 8)
              .mapToObj(i -> "\"log:" + rule + i + "\"")
              .collect(Collectors.joining(",", "\"obligations\":[", "],"));
      document = document.replaceFirst("(\"mode\":\"enforce\",)(?!\"obl)", "$1" + obligations);
    }
    GivenPolicy policy = GivenPolicy.parse(document.getBytes(StandardCharsets.UTF_8));
    WritService.Setup obliging = deployment.setup(token.keys(), policy);

    assertThatThrownBy(() -> deployment.start(obliging))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("oblige");
    assertThat(deployment.start().ledger().policyEpoch().orElseThrow().epoch())
        .as("the ledger was given back, and nothing was put in force")
        .isEqualTo(1);
  }

  @Test
  void keysOfAnotherService_stopTheStartAndLeaveTheLedgerAsItWas() throws Exception {
    IssuerKeys ours = token.keys();
    IssuerKeys strangers = token.strangersKeys();
    WritService service = deployment.start();
    GivenPolicy policy = deployment.setup().policy();
    String head = service.ledger().checkpoint().format();
    service.close();

    assertThatThrownBy(() -> deployment.start(deployment.setup(strangers, policy)))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("must be signed by a checkpoint key given");
    assertThatThrownBy(
            () ->
                deployment.start(
                    deployment.setup(
                        new IssuerKeys(
                            strangers.issuer(),
                            ours.checkpoint(),
                            ours.checkpointEd25519(),
                            ours.status(),
                            ours.tls(),
                            ours.attestation(),
                            ours.signatures()),
                        policy)))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContainingAll(
            "active issuer key", ours.issuerKid().hex(), strangers.issuerKid().hex());
    assertThatThrownBy(
            () ->
                deployment.start(
                    deployment.setup(
                        new IssuerKeys(
                            ours.checkpoint(),
                            ours.checkpoint(),
                            ours.checkpointEd25519(),
                            ours.status(),
                            ours.tls(),
                            ours.attestation(),
                            ours.signatures()),
                        policy)))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContainingAll("issuer key", ours.checkpointKid().hex(), "as the checkpoint key");
    assertThatThrownBy(
            () ->
                deployment.start(
                    deployment.setup(
                        new IssuerKeys(
                            ours.issuer(),
                            ours.checkpoint(),
                            ours.checkpointEd25519(),
                            strangers.status(),
                            ours.tls(),
                            ours.attestation(),
                            ours.signatures()),
                        policy)))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContainingAll(
            "active status key", ours.statusKid().hex(), strangers.statusKid().hex());

    assertThat(deployment.start().ledger().checkpoint().format())
        .as("no leaf came, and no other signature")
        .isEqualTo(head);
  }

  @Test
  void issuersKeyThatMayNotSign_stopsTheStart() throws Exception {
    Hash kid = token.keys().issuerKid();
    SigningKey key = deployment.start().ledger().key(kid).orElseThrow();
    deployment.change(
        new LeafBody.KeyStatement(
            kid, KeyRole.ISSUER, KeyAlgorithm.ES256, KeyState.COMPROMISED, Optional.empty()),
        new StateChange.SetKey(
            kid, KeyRole.ISSUER, KeyState.COMPROMISED, key.notBefore(), key.notAfter()));

    assertThatThrownBy(deployment::restart)
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("compromised");
  }

  @Test
  void issuersKeyPastItsWindow_stopsTheStart() throws Exception {
    Hash kid = token.keys().issuerKid();
    SigningKey key = deployment.start().ledger().key(kid).orElseThrow();
    deployment.clock.advance(Duration.between(deployment.clock.instant(), key.notAfter()));

    assertThatThrownBy(deployment::restart)
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("in its window");
  }
}
