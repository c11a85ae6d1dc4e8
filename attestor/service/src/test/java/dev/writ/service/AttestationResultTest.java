// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.AkName;
import dev.writ.artifact.AppraisedRule;
import dev.writ.artifact.AppraisedSubject;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.AttestationResultVerdict;
import dev.writ.artifact.AttestationResultVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Ear;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.ledger.HostState;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attestation Results by themselves: for an artifact that is in force, and of any decision. */
final class AttestationResultTest {
  private static ServiceToken token;
  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;

  @BeforeAll
  static void open() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void close() throws Exception {
    token.close();
  }

  @BeforeEach
  void start() throws Exception {
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private Artifact artifact() throws Exception {
    return Deployment.artifact(deployment.attest(host));
  }

  private AttestationResultOutcome exchange(Artifact artifact) {
    return exchange(artifact.compact());
  }

  private AttestationResultOutcome exchange(String compact) {
    return Deployment.join(deployment.service().attestationResults().exchange(compact));
  }

  private AttestationResultOutcome ofDecision(long leaf) {
    return Deployment.join(deployment.service().attestationResults().ofDecision(leaf));
  }

  /** What it says, once it verified under the trust file. */
  private Ear verified(AttestationResultOutcome outcome) {
    assertThat(outcome).isInstanceOf(AttestationResultOutcome.Issued.class);
    AttestationResult result = ((AttestationResultOutcome.Issued) outcome).result();
    AttestationResultVerdict verdict =
        AttestationResultVerifier.of(deployment.trust())
            .verify(result.compact(), deployment.clock.instant());
    assertThat(verdict).isInstanceOf(AttestationResultVerdict.Accepted.class);
    return ((AttestationResultVerdict.Accepted) verdict).result().claims();
  }

  private static void assertDenied(
      DenialCode code, String reason, AttestationResultOutcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            AttestationResultOutcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).as(denied.denial().message()).isEqualTo(code);
              assertThat(denied.denial().reason()).isEqualTo(reason);
            });
  }

  private static Ear.Appraisal host(Ear ear) {
    assertThat(ear.submods()).containsOnlyKeys("host");
    return requireNonNull(ear.submods().get("host"));
  }

  private static List<AppraisedRule> rules(Ear ear) {
    assertThat(host(ear).rules().orElseThrow().omitted()).isZero();
    return host(ear).rules().orElseThrow().ran();
  }

  @Test
  void artifactInForce_isExchangedForItsResultWithEveryRule() throws Exception {
    Challenge challenge = deployment.challenge(host);
    ArtifactClaims claims =
        Deployment.claims(deployment.issue(host.answer(challenge, Deployment.request(host))));
    String nonce = PublicRoutes.base64Url(challenge.nonce());

    Ear ear = verified(exchange(token(claims)));

    assertThat(ear.embedded()).isEqualTo(claims.ear());
    assertThat(ear.exp()).contains(claims.exp());
    assertThat(host(ear).nonce())
        .contains(nonce)
        .hasValueSatisfying(n -> assertThat(n).hasSize(43));
    assertThat(host(ear).policyIds())
        .containsExactly("urn:sha256:" + deployment.service().policy().digest().hex());
    assertThat(rules(ear))
        .extracting(AppraisedRule::reason)
        .startsWith("quote_verified", "key_storage", "ak_enrolled")
        .contains("endorsement_holds", "clock_safe", "pcr_bank_live", "pcr_reference");
    assertThat(rules(ear))
        .allSatisfy(rule -> assertThat(List.of(rule.expected(), rule.actual())).doesNotContain(""));
    assertThat(rules(ear).get(0).actual()).endsWith(claims.env().digest().hex());
    assertThat(rules(ear).get(1).actual()).isEqualTo("tpm");
    for (Ear.Claim claim : host(ear).vector().keySet()) {
      assertThat(rules(ear).stream().filter(r -> r.claim() == claim).mapToInt(AppraisedRule::value))
          .as(claim.wire())
          .contains(host(ear).vector().get(claim));
    }
  }

  /** The compact text of an artifact that was issued last. */
  private String token(ArtifactClaims claims) throws Exception {
    long leaf = deployment.service().ledger().artifact(claims.jti()).orElseThrow().leafIndex();
    return Payload.artifact(deployment.service().ledger().payload(leaf).orElseThrow());
  }

  /** Else whoever was shown it could present it as their own. */
  @Test
  void result_saysWhoseItIs() throws Exception {
    Artifact artifact = artifact();
    long leaf = deployment.leaves() - 1;

    Ear ear = verified(exchange(artifact));

    assertThat(ear.iss()).contains(deployment.trust().content().issuer());
    assertThat(host(ear).subject())
        .contains(
            new AppraisedSubject(
                AkName.of(host.ak.name().bytes()),
                new AppraisedSubject.Decision.Allowed(host.jkt(), artifact.digest())));
    assertThat(verified(ofDecision(leaf))).isEqualTo(ear);
  }

  /** Neither is a leaf, neither is the signature of an artifact, and one is given as often as asked. */
  @Test
  void results_areCountedApartAndLeaveNoLeaf() throws Exception {
    Artifact artifact = artifact();
    long leaves = deployment.leaves();
    String signatures = line("writ_hsm_sign_seconds_count");

    var unused = verified(exchange(artifact));
    unused = verified(exchange(artifact));
    unused = verified(ofDecision(leaves - 1));

    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertThat(line("writ_hsm_sign_seconds_count")).isEqualTo(signatures);
    assertThat(line("writ_issuer_signatures_total{kind=\"attestation_result\"}")).endsWith(" 1.0");

    unused = verified(exchange(artifact()));
    assertThat(line("writ_issuer_signatures_total{kind=\"attestation_result\"}")).endsWith(" 2.0");
  }

  private String line(String name) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create()
        .write(out, deployment.service().telemetry().registry().scrape());
    return out.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(text -> text.startsWith(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void artifactThatEnded_isExpired() throws Exception {
    Artifact artifact = artifact();
    deployment.clock.advance(Duration.between(deployment.clock.instant(), artifact.claims().exp()));

    assertDenied(DenialCode.EXPIRED, "artifact_expired", exchange(artifact));
  }

  @Test
  void artifactThatWasRevoked_isRevoked() throws Exception {
    Artifact artifact = artifact();
    RevocationOutcome outcome =
        Deployment.join(
            deployment
                .service()
                .revocations()
                .revoke(artifact.claims().jti(), RevocationReason.CEASED));
    assertThat(outcome).isInstanceOf(RevocationOutcome.Revoked.class);

    assertDenied(DenialCode.REVOKED, "artifact_revoked", exchange(artifact));
  }

  @Test
  void artifactOfAnotherKey_isNotOurs() throws Exception {
    Artifact artifact = artifact();
    byte[] input = Artifact.signingInput(artifact.kid(), artifact.claims());
    byte[] forged = SoftwareKey.signP1363(deployment.gateway, input);
    byte[] stranger = Artifact.signingInput(SoftwareKey.instance().thumbprint(), artifact.claims());
    byte[] status = Artifact.signingInput(token.keys().statusKid(), artifact.claims());

    for (Artifact other :
        List.of(
            Artifact.assemble(input, forged),
            Artifact.assemble(stranger, forged),
            Artifact.assemble(status, token.keys().status().signP1363(status)))) {
      assertDenied(DenialCode.SIGNATURE_INVALID, "artifact_signature_invalid", exchange(other));
    }
  }

  /** Signed by our key, by whoever got at it; the ledger knows nothing of it. */
  @Test
  void artifactThatTheLedgerDoesNotHave_isUnknown() throws Exception {
    Artifact artifact = artifact();
    ArtifactClaims c = artifact.claims();

    assertDenied(
        DenialCode.LINEAGE_FRAGMENTED,
        "artifact_unknown",
        exchange(signed(with(c, UuidV7.next(deployment.clock, new SecureRandom()), c.tenant()))));
    assertDenied(
        DenialCode.LINEAGE_FRAGMENTED,
        "artifact_unknown",
        exchange(signed(with(c, c.jti(), "other"))));
  }

  private static Artifact signed(ArtifactClaims claims) throws Exception {
    byte[] input = Artifact.signingInput(token.keys().issuerKid(), claims);
    return Artifact.assemble(input, token.keys().issuer().signP1363(input));
  }

  private static ArtifactClaims with(ArtifactClaims c, UuidV7 jti, String tenant) {
    return new ArtifactClaims(
        c.iss(),
        c.sub(),
        c.aud(),
        c.iat(),
        c.nbf(),
        c.exp(),
        jti,
        c.jkt(),
        tenant,
        c.act(),
        c.env(),
        c.policy(),
        c.gov(),
        c.lineage(),
        c.status(),
        c.logOrigin(),
        c.ear());
  }

  @Test
  void textThatIsNoArtifact_isMalformed() throws Exception {
    String result = ((AttestationResultOutcome.Issued) exchange(artifact())).result().compact();

    for (String text : List.of("x", "e30.e30.e30", result)) {
      assertDenied(DenialCode.UNVERIFIABLE, "artifact_malformed", exchange(text));
    }
  }

  /** Whoever was shown an artifact could ask: that must not cost its host a decision. */
  @Test
  void resultsForOneHost_haveARateOfTheirOwn() throws Exception {
    deployment.limitHostRate(1, 2);
    deployment.restart();
    Artifact artifact = artifact();

    var unused = verified(exchange(artifact));
    unused = verified(exchange(artifact));
    assertDenied(DenialCode.UNVERIFIABLE, "host_rate", exchange(artifact));

    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    deployment.pass(Duration.ofSeconds(1));
    unused = verified(exchange(artifact));
  }

  @Test
  void applicationDeniedForItsState_hasAResultThatSaysWhichRule() throws Exception {
    host.extend(8, "what the policy does not know");
    Denial denial = Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(denial.ground()).isEqualTo(Denial.Ground.JUDGED);

    Ear ear = verified(ofDecision(deployment.leaves() - 1));

    assertThat(ear.exp()).isEmpty();
    assertThat(host(ear).subject())
        .contains(
            new AppraisedSubject(
                AkName.of(host.ak.name().bytes()),
                new AppraisedSubject.Decision.Denied(
                    deployment.leaves() - 1, deployment.lastLeaf().hash())));
    assertThat(host(ear).status()).isEqualTo(Ear.Tier.CONTRAINDICATED);
    assertThat(host(ear).vector()).containsEntry(Ear.Claim.EXECUTABLES, 96);
    assertThat(rules(ear))
        .filteredOn(rule -> rule.tier() == Ear.Tier.CONTRAINDICATED)
        .singleElement()
        .satisfies(
            rule -> {
              assertThat(rule.reason()).isEqualTo("pcr_reference");
              assertThat(rule.subject()).contains("sha256:8");
              assertThat(rule.expected()).startsWith("sha256:");
              assertThat(rule.actual()).startsWith("sha256:").isNotEqualTo(rule.expected());
            });
  }

  /** What was found is good, and the rules say no: the result is of what was found. */
  @Test
  void applicationDeniedByPolicy_hasAResultThatAffirms() throws Exception {
    Deployment.denial(
        DenialCode.POLICY_DENIED,
        deployment.issue(
            host.answer(
                deployment.challenge(host),
                Deployment.request("spiffe://dev.example/worker-z", host.jkt()))));

    assertThat(host(verified(ofDecision(deployment.leaves() - 1))).status())
        .isEqualTo(host(verified(exchange(artifact()))).status());
  }

  @Test
  void decisionBeforeAnAppraisal_hasNone() throws Exception {
    Application application = host.answer(deployment.challenge(host), Deployment.request(host));
    deployment.set(host, HostState.SUSPENDED);
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.issue(application));
    assertThat(deployment.lastLeaf().body()).isInstanceOf(LeafBody.DecisionDeny.class);

    assertDenied(
        DenialCode.ARTIFACT_MISSING, "result_missing", ofDecision(deployment.leaves() - 1));
  }

  @Test
  void leafThatIsNoDecision_hasNone() throws Exception {
    for (long i = 0; i < deployment.leaves(); i++) {
      Leaf leaf = deployment.service().ledger().leaf(i).orElseThrow();
      assertThat(leaf.body()).isNotInstanceOf(LeafBody.DecisionAllow.class);
      assertDenied(DenialCode.ARTIFACT_MISSING, "decision_unknown", ofDecision(i));
    }
    assertDenied(DenialCode.ARTIFACT_MISSING, "decision_unknown", ofDecision(deployment.leaves()));
    assertDenied(
        DenialCode.ARTIFACT_MISSING, "decision_unknown", ofDecision(9_999_999_999_999_999L));
  }

  @Test
  void resultThatWasErased_isSaidToBe() throws Exception {
    Artifact artifact = artifact();
    long leaf = deployment.leaves() - 1;
    assertThat(deployment.service().ledger().payloads().erase(leaf)).isTrue();

    assertDenied(DenialCode.UNVERIFIABLE, "result_erased", exchange(artifact));
    assertDenied(DenialCode.ARTIFACT_MISSING, "result_erased", ofDecision(leaf));
  }

  /** The issuer's key must not sign what somebody wrote there. */
  @Test
  void payloadThatSomebodyChanged_isNoResult_artifactsAndDenials() throws Exception {
    Artifact artifact = artifact();
    long leaf = deployment.leaves() - 1;
    edit(leaf, "\"ear\":{", "\"rae\":{");

    assertDenied(DenialCode.UNVERIFIABLE, "payload_contradicts", exchange(artifact));
    assertDenied(DenialCode.UNVERIFIABLE, "payload_contradicts", ofDecision(leaf));
  }

  /** Beside a leaf of an older version, which names no payload. */
  @Test
  void resultThatSomebodyChanged_isNotSigned() throws Exception {
    Artifact artifact = artifact();
    long leaf = deployment.leaves() - 1;
    Ear before = verified(exchange(artifact));
    deployment.forgetPayloadOf(leaf);

    for (String[] change :
        List.of(
            new String[] {"\"instance-identity\":2", "\"instance-identity\":3"},
            new String[] {"\"submods\":{\"host\"", "\"submods\":{\"tsoh\""},
            new String[] {"\"ear\":{", "\"rae\":{"})) {
      edit(leaf, change[0], change[1]);
      for (AttestationResultOutcome outcome : List.of(exchange(artifact), ofDecision(leaf))) {
        assertThat(outcome).as(change[0]).isInstanceOf(AttestationResultOutcome.Denied.class);
        assertThat(((AttestationResultOutcome.Denied) outcome).denial().reason())
            .isIn("payload_contradicts", "result_missing");
      }
      edit(leaf, change[1], change[0]);
      assertThat(verified(exchange(artifact))).isEqualTo(before);
    }
  }

  /** The operator's way has the artifact from the store too: it must be the leaf's. */
  @Test
  void artifactThatSomebodyChangedBesideItsLeaf_hasNoResult() throws Exception {
    Artifact artifact = artifact();
    long leaf = deployment.leaves() - 1;
    Artifact other = artifact();
    deployment.forgetPayloadOf(leaf);

    edit(leaf, artifact.compact(), other.compact());

    assertDenied(DenialCode.UNVERIFIABLE, "payload_contradicts", ofDecision(leaf));
  }

  /** While the service runs, which reads the store each time. */
  private void edit(long leaf, String from, String to) throws Exception {
    try (Connection store = deployment.store();
        PreparedStatement change =
            store.prepareStatement(
                "UPDATE payload SET bytes = CAST(replace(CAST(bytes AS TEXT), ?, ?) AS BLOB)"
                    + " WHERE leaf_index = ? AND instr(CAST(bytes AS TEXT), ?) > 0")) {
      change.setString(1, from);
      change.setString(2, to);
      change.setLong(3, leaf);
      change.setString(4, from);
      assertThat(change.executeUpdate()).as(from).isEqualTo(1);
    }
  }

  /** What is refused is counted, whatever the reason. */
  @Test
  void refusals_areCounted() {
    assertDenied(DenialCode.ARTIFACT_MISSING, "decision_unknown", ofDecision(deployment.leaves()));

    assertThat(deployment.service().refusals().take().counts())
        .containsEntry(new Refusals.Kind(DenialCode.ARTIFACT_MISSING, "decision_unknown"), 1L);
  }

  @Test
  void rules_thatAreMoreThanThereIsRoomFor_areTheWorstInTheirOrder() {
    List<AppraisedRule> many = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      many.add(rule("many_" + i, i % 100 == 99 ? 96 : 2, "é".repeat(i % 2 == 0 ? 1024 : 10)));
    }
    many.add(rule("last", 33, "x"));

    var bounded = EarClaims.bounded(many);

    assertThat(bounded.ran().size() + bounded.omitted()).isEqualTo(many.size());
    assertThat(bounded.ran()).isSubsetOf(many);
    assertThat(bounded.ran()).filteredOn(rule -> rule.value() == 96).hasSize(20);
    assertThat(bounded.ran().get(bounded.ran().size() - 1).reason()).isEqualTo("last");
    int bytes = bounded.ran().stream().mapToInt(rule -> rule.toJson().length + 1).sum();
    assertThat(bytes).isLessThanOrEqualTo(EarClaims.MAX_RULES_BYTES);
    assertThat(EarClaims.bounded(many.subList(0, 3)).omitted()).isZero();
  }

  private static AppraisedRule rule(String reason, int value, String text) {
    return new AppraisedRule(reason, Optional.empty(), Ear.Claim.EXECUTABLES, value, text, text);
  }
}
