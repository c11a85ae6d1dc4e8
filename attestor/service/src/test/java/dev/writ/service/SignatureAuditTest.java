// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.SignatureTally.Purpose;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.HostState;
import dev.writ.ledger.Ledger;
import dev.writ.service.SignatureAudit.Report;
import dev.writ.service.SignatureCounts.Account;
import dev.writ.service.SignatureCounts.Fate;
import dev.writ.service.SignatureCounts.Kind;
import dev.writ.tlog.Tile;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** All that the token signed is accounted for, or an audit says what is not. */
class SignatureAuditTest extends DualControlled {
  private static final byte[] ANYTHING = "anything".getBytes(StandardCharsets.US_ASCII);

  private IssuerKeys keys() throws Exception {
    return deployment.setup().keys();
  }

  private Report audit() throws Exception {
    return deployment.service().signatureAudit().audit();
  }

  private Artifact artifact() throws Exception {
    return Deployment.artifact(deployment.attest(host));
  }

  private static Account of(KeySpec key, Report report) {
    return report.keys().stream()
        .filter(account -> account.key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  private static void assertBalanced(Report report) {
    assertThat(report.isBalanced()).as(report::toString).isTrue();
  }

  @Test
  void audit_afterEachKindOfSignature_accountsForAllOfThem() throws Exception {
    Artifact artifact = artifact();
    assertThat(
            Deployment.join(deployment.service().attestationResults().exchange(artifact.compact())))
        .isInstanceOf(AttestationResultOutcome.Issued.class);
    assertThat(Deployment.join(deployment.service().readiness()).ready()).isTrue();
    assertThat(
            new TlsCredentialHsm(
                    keys(),
                    List.of("localhost"),
                    Duration.ofHours(1),
                    InstantSource.system(),
                    new SecureRandom())
                .next()
                .chain())
        .isNotEmpty();

    Report report = audit();

    assertBalanced(report);
    assertThat(of(keys().issuer().spec(), report).service())
        .containsEntry(Kind.ARTIFACT, 1L)
        .containsEntry(Kind.ATTESTATION_RESULT, 1L)
        .containsEntry(Kind.READINESS, 1L);
    assertThat(of(keys().issuer().spec(), report).token()).containsKey(Purpose.PROOF);
    assertThat(of(keys().status().spec(), report).service()).containsOnlyKeys(Kind.STATUS_TOKEN);
    assertThat(of(keys().checkpoint().spec(), report).service()).containsOnlyKeys(Kind.CHECKPOINT);
    assertThat(of(keys().checkpointEd25519().orElseThrow().spec(), report).service())
        .containsOnlyKeys(Kind.CHECKPOINT);
    assertThat(of(keys().attestation().spec(), report).service())
        .isEqualTo(Map.of(Kind.AK_CERTIFICATE, 1L));
    assertThat(of(keys().tls().spec(), report).service())
        .isEqualTo(Map.of(Kind.TLS_CERTIFICATE, 1L));
    assertThat(report.ledger().leaves()).isEqualTo(1);
    assertThat(report.ledger().artifacts()).isEqualTo(new SignatureCounts.Artifacts(1, 1, 0, 0, 0));
  }

  @Test
  void metrics_countWhatWasSigned_onBothSides() throws Exception {
    Artifact unused = artifact();

    String metrics = metrics();

    assertThat(metrics)
        .contains(
            "writ_hsm_signatures_total{kind=\"artifact\",role=\"issuer\"} 1.0",
            "writ_hsm_signatures_total{kind=\"ak_certificate\",role=\"attestation\"} 1.0",
            "writ_token_signatures_total{purpose=\"service\",role=\"attestation\"} 1.0")
        .contains("writ_token_signatures_total{purpose=\"proof\",role=\"tls\"}");
  }

  private String metrics() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.builder()
        .build()
        .write(out, deployment.service().telemetry().registry().scrape());
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void audit_afterARotation_accountsForBothKeys() throws Exception {
    KeySpec old = keys().issuer().spec();
    Artifact first = artifact();
    Proposal unused = rotated();
    passes(VALIDITY.plus(LEAD));
    Artifact second = artifact();
    assertThat(second.kid()).isNotEqualTo(first.kid()).isEqualTo(active(KeyRole.ISSUER));

    Report report = audit();

    assertBalanced(report);
    assertThat(of(old, report).service())
        .containsEntry(Kind.ARTIFACT, 1L)
        .containsEntry(Kind.HANDOVER, 1L);
    assertThat(report.keys())
        .filteredOn(account -> account.key().role() == old.role() && !account.key().equals(old))
        .singleElement()
        .satisfies(
            next -> {
              assertThat(next.service())
                  .containsEntry(Kind.ARTIFACT, 1L)
                  .containsEntry(Kind.HANDOVER, 1L);
              assertThat(next.token()).containsEntry(Purpose.CERTIFICATE, 1L);
            });
    assertThat(report.ledger().leaves()).isEqualTo(2);
  }

  @Test
  void signatureBehindTheServicesBack_isAccountedForByNobody() throws Exception {
    HsmKey issuer = keys().issuer();
    assertBalanced(audit());

    assertThat(issuer.token().key(issuer.spec()).signP1363(ANYTHING)).hasSize(64);
    Artifact unused = artifact();

    Report report = audit();
    assertThat(report.isBalanced()).isFalse();
    assertThat(report.keys())
        .allSatisfy(
            account ->
                assertThat(account.difference())
                    .as(account.key()::toString)
                    .isEqualTo(account.key().equals(issuer.spec()) ? 1 : 0));
    assertThat(report.ledger().difference()).isZero();
  }

  @Test
  void artifact_whoseCommitIsLost_isCountedAsLost() throws Exception {
    Application application = host.answer(deployment.challenge(host), Deployment.request(host));
    deployment.random.beforeNextBytes(() -> deployment.set(host, HostState.SUSPENDED));

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.issue(application));

    Report report = audit();
    assertBalanced(report);
    assertThat(report.ledger().artifacts()).isEqualTo(new SignatureCounts.Artifacts(1, 0, 1, 0, 0));
    assertThat(report.ledger().leaves()).isZero();
    assertThat(of(keys().issuer().spec(), report).artifacts().lost()).isEqualTo(1);
  }

  @Test
  void audit_afterARestart_beginsWhereTheServiceBegan() throws Exception {
    Artifact unused = artifact();
    deployment.restart();
    Artifact second = artifact();

    Report report = audit();

    assertBalanced(report);
    assertThat(report.ledger().first()).isPositive();
    assertThat(report.ledger().leaves()).isEqualTo(1);
    assertThat(report.ledger().artifacts().committed()).isEqualTo(1);
    assertThat(second).isNotEqualTo(unused);
  }

  @Test
  void leafOfAnArtifactThatNobodySigned_isFound() throws Exception {
    Ledger ledger = deployment.service().ledger();
    IssuerKeys own = keys();
    SignatureCounts nothing = new SignatureCounts(own.issuer().token());
    SignatureAudit stranger = new SignatureAudit(ledger, nothing);

    Artifact unused = artifact();

    assertThat(stranger.audit().ledger().difference()).isEqualTo(1);
    assertThat(stranger.audit().ledger().difference()).as("asked again").isEqualTo(1);
    assertThat(audit().ledger().difference()).isZero();
  }

  @Test
  void committedArtifactWithoutALeaf_isFound() throws Exception {
    Artifact unused = artifact();
    IssuerKeys own = keys();

    own.signatures().ended(own.issuer().spec(), Fate.COMMITTED);

    assertThat(audit().ledger().difference()).isEqualTo(-1);
    assertThat(audit().isBalanced()).isFalse();
  }

  @Test
  void auditOfManyLeaves_isDeniedUntilAllAreRead() throws Exception {
    Ledger ledger = deployment.service().ledger();
    SignatureAudit patient = new SignatureAudit(ledger, keys().signatures(), 1);
    List<Entry> others = new ArrayList<>();
    for (int i = 0; i < 2 * Tile.WIDTH; i++) {
      UuidV7 id = UuidV7.next(deployment.clock, deployment.random);
      others.add(
          Entry.of(
              Leaf.of(
                  Instant.ofEpochMilli(deployment.clock.millis()),
                  id,
                  List.of(),
                  new LeafBody.Revocation(id, RevocationReason.SUPERSEDED))));
    }
    assertThat(Deployment.join(ledger.commit(others)))
        .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(CommitOutcome.Receipt.class));
    Artifact unused = artifact();

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(patient::audit)
          .isInstanceOfSatisfying(
              DeniedException.class,
              denied -> assertThat(denied.denial().reason()).isEqualTo("audit_under_way"));
    }
    assertThat(patient.audit().ledger().leaves()).isEqualTo(1);
    assertThat(patient.audit().isBalanced()).isTrue();
  }

  @Test
  void signatureUnderWay_isNoDifference() throws Exception {
    HsmKey tls = keys().tls();
    SignatureCounts counts = keys().signatures();

    byte[] made =
        counts.counted(
            Kind.TLS_CERTIFICATE,
            tls.spec(),
            () -> {
              byte[] signature = tls.signP1363(ANYTHING);
              Account account = tlsAccount(counts, tls);
              assertThat(account.underWay()).isEqualTo(1);
              assertThat(account.difference()).isZero();
              return signature;
            });

    assertThat(made).hasSize(64);
    assertThat(tlsAccount(counts, tls).underWay()).isZero();
    assertBalanced(audit());
  }

  @Test
  void signatureThatWasNotMade_isNotCounted() throws Exception {
    HsmKey tls = keys().tls();
    SignatureCounts counts = keys().signatures();

    assertThatThrownBy(
            () ->
                counts.counted(
                    Kind.TLS_CERTIFICATE,
                    tls.spec(),
                    () -> tls.token().key(tls.spec().ofGeneration(9_000)).signP1363(ANYTHING)))
        .isInstanceOf(HsmException.class);
    assertThat(tlsAccount(counts, tls).service()).isEmpty();
    assertBalanced(audit());
    // One that the service claims and the token did not make is none of the thief's, and found too.
    String claimed = counts.counted(Kind.TLS_CERTIFICATE, tls.spec(), () -> "nothing");
    assertThat(claimed).isEqualTo("nothing");
    assertThat(tlsAccount(counts, tls).difference()).isEqualTo(-1);
  }

  private static Account tlsAccount(SignatureCounts counts, HsmKey tls) {
    return counts.accounts().stream()
        .filter(account -> account.key().equals(tls.spec()))
        .findFirst()
        .orElseThrow();
  }
}
