// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.service.EnrolmentTerms;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.Tpm;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ doctor} on simulated TPMs, one of which has the chain of its certificates in NV. */
class DoctorCommandTest {
  @TempDir static Path folder;
  private static EndorsementAuthority maker;
  private static SwtpmHost plain;
  private static SwtpmHost chained;
  private static Path roots;
  private static Path intermediates;

  @BeforeAll
  static void makeHosts() throws Exception {
    // A simulator's certificates begin a moment after it was made.
    maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    plain = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("a")), maker);
    chained = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("b")), maker);
    chained.writeNv(0x01c00100, maker.issuing().getEncoded());
    roots = Files.writeString(folder.resolve("roots.pem"), pem(maker.root()));
    intermediates = Files.createDirectory(folder.resolve("intermediates"));
    Files.write(intermediates.resolve("issuing.crt"), maker.issuing().getEncoded());
  }

  @AfterAll
  static void stop() {
    plain.close();
    chained.close();
  }

  private static String pem(X509Certificate certificate) throws Exception {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  private static String words(Invocation doctor) {
    return doctor.out().replaceAll(" +", " ");
  }

  @Test
  void doctor_rootAndIntermediatesConfigured_findsThePath() {
    Invocation doctor =
        Invocation.of(
            "doctor", "--tpm", plain.tcti(), "--roots", roots, "--intermediates", intermediates);

    assertThat(doctor.status()).as(doctor.out() + doctor.err()).isEqualTo(ExitStatus.DONE);
    assertThat(words(doctor))
        .contains("noted ek_chain")
        .contains("passed ek_certificate ecc_p384_high")
        .contains("at NV index 0x01c00016")
        .contains("passed ek_path rsa_2048_low")
        .contains("noted simulated")
        .contains("noted revocation_not_checked")
        .endsWith("this host's TPM can be enrolled, as far as its endorsement goes\n");
  }

  @Test
  void doctor_intermediateInNvAlone_findsThePath() {
    Invocation doctor = Invocation.of("doctor", "--tpm", chained.tcti(), "--roots", roots);

    assertThat(doctor.status()).as(doctor.out() + doctor.err()).isEqualTo(ExitStatus.DONE);
    assertThat(words(doctor)).contains("passed ek_chain").contains("1 certificates");
  }

  @Test
  void doctor_intermediateMissing_namesItAndSaysWhatToDo() throws Exception {
    Invocation doctor = Invocation.of("doctor", "--tpm", plain.tcti(), "--roots", roots);

    assertThat(doctor.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(words(doctor))
        .contains("failed ek_issuer_unknown")
        .contains("CN=Writ test TPM issuing CA")
        .contains("do: get the certificate of")
        .endsWith("this host's TPM cannot be enrolled by a service that is configured so\n");
    Invocation json =
        Invocation.of("doctor", "--tpm", plain.tcti(), "--roots", roots, "-o", "json");
    assertThat(json.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(json.out()).startsWith("{\"ok\":false,\"checks\":[{\"result\":\"noted\"");
    assertThat(values(json, "missing_issuer"))
        .hasSize(2)
        .allSatisfy(issuer -> assertThat(issuer).contains("CN=Writ test TPM issuing CA"));
    assertThat(values(json, "missing_key_id"))
        .hasSize(2)
        .allSatisfy(id -> assertThat(id).matches("[0-9a-f]{40}"));
  }

  private static List<String> values(Invocation json, String member) {
    return Pattern.compile("\"" + member + "\":\"([^\"]*)\"")
        .matcher(json.out())
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  /** Without the root the gap is one higher where the TPM brings the intermediate. */
  @Test
  void doctor_rootMissing_namesItInsteadOfTheIntermediateThatIsThere() throws Exception {
    Invocation doctor = Invocation.of("doctor", "--tpm", chained.tcti(), "-o", "json");

    assertThat(doctor.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(values(doctor, "missing_issuer"))
        .hasSize(2)
        .allSatisfy(issuer -> assertThat(issuer).contains("CN=Writ test TPM root"));
  }

  @Test
  void doctor_configurationOfAService_isTakenWithItsFiles() throws Exception {
    ServerSocket hook = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Path config =
        Files.writeString(
            folder.resolve("serve.yaml"),
            """
            tenant: acme
            trust: trust.json
            token: {label: writ, pin_file: pin}
            ledger: {folder: ledger}
            policy: policy.json
            endorsements: {roots: [roots.pem], intermediates: [intermediates]}
            listen: {http: "127.0.0.1:8080"}
            operator: {socket: operator.sock}
            """);

    Invocation doctor = Invocation.of("doctor", "--tpm", plain.tcti(), "--config", config);
    Files.writeString(
        config,
        Files.readString(config)
                .replace("pin_file: pin", "pin_file: pin, tpm: 'tabrmd:'")
                .replace(
                    "{folder: ledger}",
                    "{folder: ledger, tpm_anchor: {}, payload_days: 90,"
                        + " archive: {folder: old, keep_days: 7}}")
            + "webhooks: [{name: siem, url: 'http://127.0.0.1:1/'},"
            + " {name: here, url: 'http://127.0.0.1:"
            + hook.getLocalPort()
            + "/'}]\n");
    Invocation anchored = Invocation.of("doctor", "--tpm", plain.tcti(), "--config", config);
    hook.close();
    Files.writeString(config, "tenant: acme\n");
    Invocation broken = Invocation.of("doctor", "--tpm", plain.tcti(), "--config", config);

    assertThat(doctor.status()).as(doctor.out() + doctor.err()).isEqualTo(ExitStatus.DONE);
    assertThat(words(doctor))
        .contains(
            "noted start_quote service",
            "not anchored",
            "do: name token.tpm",
            "noted ledger_retention service",
            "for ever: no archive is configured")
        .contains("noted rollback service", "do: name ledger.anchor or")
        .contains("noted payload_retention service", "do: name ledger.payload_days")
        .contains("noted drill service when the last drill was is not known: ")
        .contains("noted governance_mode service the mode of the service is not known: ");
    assertThat(words(anchored))
        .contains("passed payload_retention service", "erased 90 days after", "policies for ever")
        .contains("/old after 7 days")
        .contains("noted webhook service the webhook siem cannot be reached", "do: start it, or")
        .contains("passed webhook service the webhook here is there")
        .contains(
            "passed start_quote service",
            "tabrmd:",
            "passed rollback service the ledger is anchored by the counter 0x01805753 of the TPM at"
                + " tabrmd:; whether by witnesses is not known (trust: ");
    assertThat(broken.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(broken.err()).contains("serve.yaml").hasLineCount(1);
  }

  @Test
  void diagnosis_endorsementThatHasRunOut_isJudgedByTheServicesTerms() throws Exception {
    EndorsementVerifier verifier =
        new EndorsementVerifier(
            new EndorsementTrust(List.of(maker.root()), List.of(maker.issuing()), List.of()));
    EnrolmentTerms strict = new EnrolmentTerms(false, Duration.ofDays(1));
    Instant now = Instant.now();
    Instant later = now.plus(Duration.ofDays(36_500));
    try (Tpm tpm = Tpm.open(plain.tcti())) {
      assertThat(EndorsementDiagnosis.of(tpm, verifier, strict, now).canEnrol()).isTrue();
      assertThat(EndorsementDiagnosis.of(tpm, verifier, EnrolmentTerms.STANDARD, later).canEnrol())
          .isTrue();
      EndorsementDiagnosis denied = EndorsementDiagnosis.of(tpm, verifier, strict, later);
      assertThat(denied.canEnrol()).isFalse();
      assertThat(denied.checks())
          .filteredOn(check -> check.result() == EndorsementDiagnosis.Result.failed)
          .extracting(EndorsementDiagnosis.Check::name)
          .containsOnly("ek_expired");
    }
  }

  @Test
  void case35_doctor_revokedCertificate_isNamed() throws Exception {
    byte[] certificate;
    try (Tpm tpm = Tpm.open(plain.tcti())) {
      certificate = tpm.endorsementCertificate(EndorsementKeyKind.ECC_P384_HIGH).orElseThrow();
    }
    Path list = folder.resolve("revoked.crl");
    Files.write(list, maker.revocationList(certificate).getEncoded());

    Invocation doctor =
        Invocation.of(
            "doctor",
            "--tpm",
            plain.tcti(),
            "--roots",
            roots,
            "--intermediates",
            intermediates,
            "--revocation-lists",
            list);

    assertThat(doctor.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(words(doctor))
        .contains("failed ek_revoked ecc_p384_high")
        .as("the other is not revoked, and is not what enrolment takes")
        .contains("passed ek_path rsa_2048_low");
  }

  @Test
  void doctor_nvThatHoldsSomethingElse_saysSoAndGoesOn() throws Exception {
    Path other = Files.createDirectory(folder.resolve("c"));
    try (SwtpmHost odd = SwtpmHost.manufacture(other, maker)) {
      odd.writeNv(0x01c00150, new byte[] {1, 2, 3});

      Invocation doctor =
          Invocation.of(
              "doctor", "--tpm", odd.tcti(), "--roots", roots, "--intermediates", intermediates);

      assertThat(doctor.status()).as(doctor.err()).isEqualTo(ExitStatus.DONE);
      assertThat(words(doctor)).contains("noted ek_chain").contains("cannot be read");
    }
  }

  /** As enrolment does, which goes without it. */
  @Test
  void doctor_chainThatTheTpmDoesNotGive_saysSoAndGoesOn() throws Exception {
    Path other = Files.createDirectory(folder.resolve("d"));
    try (SwtpmHost large = SwtpmHost.manufacture(other, maker)) {
      for (int i = 0; i < 7; i++) {
        large.writeNv(0x01c00100 + i, new byte[1_800]);
      }

      Invocation doctor =
          Invocation.of(
              "doctor", "--tpm", large.tcti(), "--roots", roots, "--intermediates", intermediates);

      assertThat(doctor.status()).as(doctor.err()).isEqualTo(ExitStatus.DONE);
      assertThat(words(doctor)).contains("noted ek_chain").contains("12288");
    }
  }

  @Test
  void doctor_tpmOrFilesThatAreNotThere_areConfigurationErrors() throws Exception {
    Path empty = Files.writeString(folder.resolve("empty.pem"), "# nothing\n");
    Invocation noTpm = Invocation.of("doctor", "--tpm", "swtpm:path=" + folder.resolve("none"));
    Invocation noFile =
        Invocation.of("doctor", "--tpm", plain.tcti(), "--roots", folder.resolve("none.pem"));
    Invocation noCertificate = Invocation.of("doctor", "--tpm", plain.tcti(), "--roots", empty);

    assertThat(noTpm.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(noTpm.err()).startsWith("writ: --tpm: ");
    assertThat(noFile.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(noFile.err()).startsWith("writ: --roots: ").contains("must exist");
    assertThat(noCertificate.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(noCertificate.err()).contains("holds none").hasLineCount(1);
  }
}
