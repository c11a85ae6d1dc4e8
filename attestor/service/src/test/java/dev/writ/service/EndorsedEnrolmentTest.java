// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.AkCertificateOutcome;
import dev.writ.evidence.AkCertificateVerifier;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TrustedAkCertificate;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.fixtures.EndorsementAuthority;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a maker's word for a TPM does at enrolment and after it, and what the service adds to it. */
final class EndorsedEnrolmentTest {
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
  void deploy() {
    deployment = new Deployment(token, folder);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private static EnrolmentApplication application(SoftwareHost host, EkChain chain) {
    return new EnrolmentApplication(
        host.name, host.ekCertificate, chain, host.ek, host.ak.publicArea(), Optional.empty());
  }

  private EnrolmentOutcome enrol(SoftwareHost host, EkChain chain) throws Exception {
    EnrolmentOutcome begun = deployment.begin(application(host, chain));
    return begun instanceof EnrolmentOutcome.Activation activation
        ? deployment.complete(activation.session(), host.activate(activation.credential()))
        : begun;
  }

  private static void assertDenied(String reason, EnrolmentOutcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            EnrolmentOutcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).isEqualTo(DenialCode.ENVIRONMENT_UNTRUSTED);
              assertThat(denied.denial().reason()).isEqualTo(reason);
            });
  }

  /** The chain is kept with the enrolment: the endorsement is verified again for each artifact. */
  @Test
  void host_whoseChainIsInItsTpmAlone_isEnrolledAndGetsArtifacts() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.makers.forgetIntermediates();
    deployment.start();
    EkChain chain = EkChain.parse(deployment.maker.issuing().getEncoded());

    assertDenied("ek_issuer_unknown", enrol(host, EkChain.NONE));
    assertThat(enrol(host, chain)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    deployment.restart();
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void case35_revokedEndorsement_isNotEnrolled() throws Exception {
    SoftwareHost revoked = deployment.host("host-a");
    SoftwareHost other = deployment.host("host-b");
    deployment.makers.revoke(deployment.maker.revocationList(revoked.ekCertificate.bytes()));
    deployment.start();

    assertDenied("ek_revoked", deployment.enrol(revoked));
    assertThat(deployment.enrol(other)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @Test
  void case35_endorsementRevokedAfterEnrolment_getsNoArtifactAnyMore() throws Exception {
    SoftwareHost revoked = deployment.host("host-a");
    SoftwareHost other = deployment.host("host-b");
    deployment.start();
    assertThat(deployment.enrol(revoked)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.enrol(other)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    UuidV7 had = Deployment.claims(deployment.attest(revoked)).jti();

    deployment.makers.revoke(deployment.maker.revocationList(revoked.ekCertificate.bytes()));
    deployment.restart();

    for (int i = 0; i < 2; i++) {
      long leaves = deployment.leaves();
      assertThat(
              Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(revoked))
                  .reason())
          .isEqualTo("ek_revoked");
      assertThat(deployment.leaves())
          .as("a denial of an enrolled host, the first time after the loss of what it had")
          .isEqualTo(leaves + (i == 0 ? 2 : 1));
    }
    assertThat(deployment.service().ledger().artifact(had).orElseThrow().revoked()).isTrue();
    assertThat(deployment.attest(other)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  /** A host by a maker whose certificates have run out. */
  private SoftwareHost expired(String name) {
    EndorsementAuthority old =
        EndorsementAuthority.create(
            deployment.clock.instant().minus(Duration.ofDays(3_700)), new SecureRandom());
    SoftwareHost host = new SoftwareHost(name, old);
    deployment.admitted.put(host.ekDigest(), name);
    deployment.makers.believe(old);
    return host;
  }

  /** The policy of these tests accepts a warning. */
  @Test
  void expiredEndorsement_isAdmittedWithAWarning() throws Exception {
    SoftwareHost host = expired("host-a");
    deployment.start();

    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void expiredEndorsement_isDeniedByAPolicyThatSaysSo() throws Exception {
    SoftwareHost host = expired("host-a");
    deployment.policyRule(
        """
        {"id":"current-endorsement","description":"The maker's word must be in its time.",
         "stage":"trust","effect":"require","when":"trust.endorsement == Endorsement.TRUSTED",
         "code":"environment_untrusted","reason_user":"The TPM's certificate has run out.",
         "reason_admin":"Replace the TPM, or accept the warning.","mode":"enforce"}
        """);
    deployment.start();

    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(
            Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host)).reason())
        .isEqualTo("current-endorsement");
  }

  @Test
  void expiredEndorsement_isNotEnrolledOnTermsThatSaySo() throws Exception {
    SoftwareHost host = expired("host-a");
    deployment.enrolOn(new EnrolmentTerms(false, Duration.ofDays(1)));
    deployment.start();

    assertDenied("ek_expired", deployment.enrol(host));
  }

  @Test
  void enrolledHost_hasACertificateThatTheServicesAuthoritySigned() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.enrolOn(new EnrolmentTerms(true, Duration.ofDays(3)));
    deployment.start();

    EnrolmentOutcome.Enrolled enrolled = (EnrolmentOutcome.Enrolled) deployment.enrol(host);

    X509Certificate authority = token.keys().attestation().certificate();
    assertThat(enrolled.akCertificate().get(1)).isEqualTo(Octets.of(authority.getEncoded()));
    EnrolledAk ak = (EnrolledAk) EnrolledAk.of(host.ak.publicArea());
    AkCertificateVerifier verifier =
        new AkCertificateVerifier(new EndorsementTrust(List.of(authority), List.of(), List.of()));
    byte[] certificate = enrolled.akCertificate().get(0).bytes();
    TrustedEndorsement.Device device =
        new TrustedEndorsement.Device("id:00001014", "swtpm", "id:20191023");
    Instant end = deployment.clock.instant().plus(Duration.ofDays(3));
    assertThat(verifier.verify(certificate, ak, Optional.of(device), deployment.clock.instant()))
        .isInstanceOf(TrustedAkCertificate.class);
    assertThat(verifier.verify(certificate, ak, Optional.of(device), end.plusSeconds(1)))
        .isInstanceOf(AkCertificateOutcome.OutsideValidity.class);
    EnrolledAk other = (EnrolledAk) EnrolledAk.of(SoftwareKey.attestation().publicArea());
    assertThat(verifier.verify(certificate, other, Optional.empty(), deployment.clock.instant()))
        .isInstanceOf(AkCertificateOutcome.PublicMismatch.class);
  }

  /** Enrolling again is how a certificate is renewed. */
  @Test
  void hostThatEnrolsAgain_hasAnotherCertificate() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();

    EnrolmentOutcome.Enrolled first = (EnrolmentOutcome.Enrolled) deployment.enrol(host);
    long leaves = deployment.leaves();
    EnrolmentOutcome.Enrolled second = (EnrolmentOutcome.Enrolled) deployment.enrol(host);

    assertThat(second.akName()).isEqualTo(first.akName());
    assertThat(second.akCertificate().get(0)).isNotEqualTo(first.akCertificate().get(0));
    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  /** A secret that is sent again and again costs no signature. */
  @Test
  void case28_secretUsedTwice_isReplayedWithoutTheToken() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    EnrolmentOutcome.Activation activation = (EnrolmentOutcome.Activation) deployment.begin(host);
    Octets secret = host.activate(activation.credential());
    assertThat(deployment.complete(activation.session(), secret))
        .isInstanceOf(EnrolmentOutcome.Enrolled.class);
    token.logOut();
    try {
      assertThat(deployment.complete(activation.session(), secret))
          .isInstanceOfSatisfying(
              EnrolmentOutcome.Denied.class,
              denied -> assertThat(denied.denial().reason()).isEqualTo("activation_replayed"));
    } finally {
      token.logIn();
    }
  }

  /** Nothing is committed before the certificate is signed: the same secret is good again. */
  @Test
  void tokenThatDoesNotSign_leavesTheHostAsItWas() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    EnrolmentOutcome.Activation activation = (EnrolmentOutcome.Activation) deployment.begin(host);
    Octets secret = host.activate(activation.credential());
    long leaves = deployment.leaves();
    token.logOut();
    try {
      EnrolmentOutcome outcome = deployment.complete(activation.session(), secret);

      assertThat(outcome)
          .isInstanceOfSatisfying(
              EnrolmentOutcome.Denied.class,
              denied -> assertThat(denied.denial().code()).isEqualTo(DenialCode.UNVERIFIABLE));
      assertThat(deployment.leaves()).isEqualTo(leaves);
      assertThat(deployment.service().ledger().host(host.akName())).isEmpty();
    } finally {
      token.logIn();
    }
    deployment.restart();
    assertThat(deployment.complete(activation.session(), secret))
        .isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }
}
