// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmName;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.Wire;
import dev.writ.ledger.HostState;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is admitted, and who is not; by real activation of real credentials. */
final class EnrolmentTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;

  private static SoftwareHost listed;
  private static SoftwareHost other;
  private static SoftwareHost secondTpm;
  private static SoftwareHost late;
  private static SoftwareHost admittedOnce;
  private static SoftwareHost withRsaKey;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    listed = deployment.host("host-listed");
    other = deployment.host("host-other");
    late = deployment.host("host-late");
    admittedOnce = deployment.host("host-once");
    secondTpm = deployment.host("host-once");
    withRsaKey = new SoftwareHost("host-a", deployment.maker, SoftwareKey.rsaAttestation());
    deployment.admitted.put(withRsaKey.ekDigest(), "host-a");
    deployment.start();
    assertThat(deployment.enrol(admittedOnce)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static void assertDenied(DenialCode code, String reason, EnrolmentOutcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            EnrolmentOutcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).as(denied.denial().message()).isEqualTo(code);
              assertThat(denied.denial().reason()).isEqualTo(reason);
            });
  }

  private static TpmName enrolled(EnrolmentOutcome outcome) {
    return ((EnrolmentOutcome.Enrolled) outcome).akName();
  }

  private static EnrolmentOutcome.Activation begun(SoftwareHost host) {
    return (EnrolmentOutcome.Activation) deployment.begin(host);
  }

  @Test
  void host_listedUnderItsName_isEnrolledByALeafThatNamesNobody() throws Exception {
    SoftwareHost host = admittedOnce;

    LeafBody.Enrolment body =
        (LeafBody.Enrolment)
            deployment
                .service()
                .ledger()
                .leaf(deployment.service().ledger().host(host.akName()).orElseThrow().leafIndex())
                .orElseThrow()
                .body();
    assertThat(body.kind()).isEqualTo(LeafKind.ENROLMENT);
    assertThat(body.ekDigest()).isEqualTo(host.ekDigest());
    assertThat(body.akNameDigest()).isEqualTo(Hash.sha256(host.ak.name().bytes()));
    assertThat(Deployment.join(deployment.service().challenge(host.ak.name())))
        .isInstanceOf(ChallengeOutcome.Issued.class);
  }

  @Test
  void host_notListed_isNotAdmitted() {
    SoftwareHost stranger = new SoftwareHost("host-stranger", deployment.maker);
    long before = deployment.leaves();

    assertDenied(DenialCode.ENVIRONMENT_UNTRUSTED, "host_not_admitted", deployment.begin(stranger));
    assertThat(deployment.leaves()).as("no leaf for a stranger").isEqualTo(before);
  }

  /** A path is searched among certificates that the applicant chose: not for anybody. */
  @Test
  void certificateOfAHostThatNobodyAdmitted_isNotLookedAt() {
    SoftwareHost stranger = new SoftwareHost("host-stranger", deployment.maker);
    Octets nonsense = Octets.of(new byte[] {0x30});

    assertDenied(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        "host_not_admitted",
        deployment.begin(stranger.name, nonsense, stranger.ek, stranger.ak.publicArea()));
    assertDenied(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        "invitation_invalid",
        deployment.begin(
            new EnrolmentApplication(
                stranger.name,
                nonsense,
                EkChain.NONE,
                stranger.ek,
                stranger.ak.publicArea(),
                Optional.of(Octets.of(new byte[32])))));
  }

  @Test
  void host_listedUnderAnotherName_isNotAdmitted() {
    List<String> names =
        List.of("host-other", "", "host-listed ", "HOST-LISTED", "\u0000", "x".repeat(70_000));

    for (String name : names) {
      assertDenied(
          DenialCode.ENVIRONMENT_UNTRUSTED,
          "host_not_admitted",
          deployment.begin(name, listed.ekCertificate, listed.ek, listed.ak.publicArea()));
    }
  }

  @Test
  void denial_ofANameThatNoHostCanHave_doesNotRepeatIt() {
    EnrolmentOutcome outcome =
        deployment.begin(
            "host\n2026 INFO all is well", listed.ekCertificate, listed.ek, listed.ak.publicArea());

    assertThat(((EnrolmentOutcome.Denied) outcome).denial().message())
        .doesNotContain("all is well");
  }

  @Test
  void admittedName_thatNoPolicyCanSpeakOf_isRefusedWhenListed() {
    for (String name : List.of("", " ", "host a", "h\u00f6st", "a\"b", "x".repeat(129))) {
      assertThatThrownBy(() -> new AdmittedHosts(Map.of(listed.ekDigest(), name)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void case25_certificateOfAnotherTpm_isEnvironmentUntrusted() {
    assertDenied(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        "ek_public_mismatch",
        deployment.begin(listed.name, other.ekCertificate, listed.ek, listed.ak.publicArea()));
  }

  @Test
  void certificate_underAnotherMakersRoot_isEnvironmentUntrusted() {
    SoftwareHost foreign =
        new SoftwareHost(
            "host-listed",
            EndorsementAuthority.create(deployment.clock.instant(), new SecureRandom()));

    assertThat(deployment.begin(foreign))
        .isInstanceOfSatisfying(
            EnrolmentOutcome.Denied.class,
            denied ->
                assertThat(denied.denial().code()).isEqualTo(DenialCode.ENVIRONMENT_UNTRUSTED));
  }

  @Test
  void certificate_thatIsNone_isEnvironmentUntrusted() {
    for (byte[] nonsense : List.of(new byte[0], new byte[] {0x30}, new byte[100_000])) {
      assertThat(
              deployment.begin(listed.name, Octets.of(nonsense), listed.ek, listed.ak.publicArea()))
          .isInstanceOfSatisfying(
              EnrolmentOutcome.Denied.class,
              denied ->
                  assertThat(denied.denial().code()).isEqualTo(DenialCode.ENVIRONMENT_UNTRUSTED));
    }
  }

  /** Each key would be enrolled and could then never get an artifact. */
  @Test
  void attestationKey_whoseQuotesNoArtifactHolds_isEnvironmentUntrusted() {
    assertDenied(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        "ak_scheme_hash_not_accepted",
        begin(SoftwareKey.attestation(SoftwareKey.SHA256, SoftwareKey.SHA384)));
    assertDenied(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        "ak_name_alg_not_accepted",
        begin(SoftwareKey.attestation(SoftwareKey.SHA3_256, SoftwareKey.SHA256)));
    assertDenied(
        DenialCode.ENVIRONMENT_UNTRUSTED, "ak_not_restricted", begin(SoftwareKey.instance()));
  }

  /** The service's provider for curves may have no RSA: an RSA key is then another's to verify. */
  @Test
  void attestationKey_ofRsa_isEnrolledAndGetsArtifacts() throws Exception {
    assertThat(deployment.enrol(withRsaKey)).isInstanceOf(EnrolmentOutcome.Enrolled.class);

    assertThat(deployment.attest(withRsaKey)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  private static EnrolmentOutcome begin(SoftwareKey ak) {
    return deployment.begin(listed.name, listed.ekCertificate, listed.ek, ak.publicArea());
  }

  @Test
  void case26_credentialForAnotherAttestationKey_isNotActivated() {
    EnrolmentOutcome.Activation activation = begun(listed);

    assertThatThrownBy(() -> listed.withAnotherAk("host-listed").activate(activation.credential()))
        .isInstanceOf(GeneralSecurityException.class)
        .hasMessage("TPM_RC_INTEGRITY");
  }

  @Test
  void case27_wrongSecret_isRuntimeIntegrity() throws Exception {
    EnrolmentOutcome.Activation activation = begun(listed);
    Octets secret = listed.activate(activation.credential());
    List<Octets> wrong =
        List.of(
            Octets.EMPTY,
            Octets.of(new byte[32]),
            Octets.of(Deployment.flipped(secret.bytes(), 31)),
            Octets.of(new Wire().bytes(secret.bytes()).u8(0).toByteArray()));

    for (Octets each : wrong) {
      assertDenied(
          DenialCode.RUNTIME_INTEGRITY,
          "activation_failed",
          deployment.complete(activation.session(), each));
    }
  }

  /** The form of a session before it had a chain, as a node of an older version may have begun it. */
  @Test
  void sessionOfAnotherForm_isRuntimeIntegrity() throws Exception {
    byte[] session = begun(listed).session().bytes();
    byte[] withoutChain = Arrays.copyOf(session, session.length - 2);
    ServiceSecret secret =
        ServiceSecret.open(
            deployment.service().ledger(), "activation", deployment.clock, new SecureRandom());

    assertDenied(
        DenialCode.RUNTIME_INTEGRITY,
        "activation_failed",
        deployment.complete(
            Octets.of(withoutChain), Octets.of(secret.mac("writ-activation-v1", withoutChain))));
  }

  @Test
  void case27_secretOfAnotherSession_isRuntimeIntegrity() throws Exception {
    EnrolmentOutcome.Activation first = begun(listed);
    EnrolmentOutcome.Activation second = begun(listed);

    assertDenied(
        DenialCode.RUNTIME_INTEGRITY,
        "activation_failed",
        deployment.complete(first.session(), listed.activate(second.credential())));
    assertDenied(
        DenialCode.RUNTIME_INTEGRITY,
        "activation_failed",
        deployment.complete(first.session(), other.activate(begun(other).credential())));
  }

  @Test
  void session_withAnyByteChanged_isRuntimeIntegrity() throws Exception {
    EnrolmentOutcome.Activation activation = begun(listed);
    Octets secret = listed.activate(activation.credential());
    byte[] session = activation.session().bytes();

    for (int i = 0; i < session.length; i++) {
      assertDenied(
          DenialCode.RUNTIME_INTEGRITY,
          "activation_failed",
          deployment.complete(Octets.of(Deployment.flipped(session, i)), secret));
    }
    assertDenied(
        DenialCode.RUNTIME_INTEGRITY,
        "activation_failed",
        deployment.complete(Octets.of(new Wire().bytes(session).u8(0).toByteArray()), secret));
  }

  /** The answer may have been lost: to another activation what the ledger says is said again. */
  @Test
  void case28_secretUsedTwice_isReplayed_andAnotherActivationFindsTheHostEnrolled()
      throws Exception {
    SoftwareHost host = other;
    EnrolmentOutcome.Activation activation = begun(host);
    Octets secret = host.activate(activation.credential());
    assertThat(enrolled(deployment.complete(activation.session(), secret)))
        .isEqualTo(host.ak.name());
    long leaves = deployment.leaves();

    assertDenied(
        DenialCode.REPLAYED,
        "activation_replayed",
        deployment.complete(activation.session(), secret));
    assertThat(enrolled(deployment.enrol(host)))
        .as("by an activation of its own")
        .isEqualTo(host.ak.name());
    assertThat(deployment.leaves()).isEqualTo(leaves);

    deployment.set(host, HostState.REVOKED);
    assertDenied(DenialCode.ENVIRONMENT_UNTRUSTED, "ak_name_taken", deployment.enrol(host));
  }

  @Test
  void case28_secretPastItsEnd_isExpired() throws Exception {
    EnrolmentOutcome.Activation activation = begun(late);
    Octets secret = late.activate(activation.credential());
    deployment.clock.advance(Enrolment.VALIDITY);

    assertDenied(
        DenialCode.EXPIRED,
        "activation_expired",
        deployment.complete(activation.session(), secret));
    assertThat(deployment.service().ledger().host(late.akName())).isEmpty();
  }

  @Test
  void case30_secondIdentityForAnEndorsementKey_isEnvironmentUntrusted() throws Exception {
    assertDenied(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        "ek_taken",
        deployment.enrol(admittedOnce.withAnotherAk("host-once")));
  }

  @Test
  void case29_secondEndorsementKeyForAnIdentity_isEnvironmentUntrusted() throws Exception {
    assertDenied(DenialCode.ENVIRONMENT_UNTRUSTED, "host_name_taken", deployment.enrol(secondTpm));
  }

  @Test
  void attestationKey_enrolledUnderAnotherEndorsementKey_isEnvironmentUntrusted() throws Exception {
    SoftwareHost thief = new SoftwareHost("host-late", deployment.maker, admittedOnce.ak);

    assertDenied(DenialCode.ENVIRONMENT_UNTRUSTED, "host_not_admitted", deployment.enrol(thief));
  }
}
