// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.HsmException.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attestation keys, certified by a key in SoftHSM. */
class AkCertificateTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
  private static final KeyInventory INVENTORY = KeyInventory.standard();
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final AkCertificate.Device DEVICE =
      new AkCertificate.Device("id:53544D20", "ST33HTPHAHD4", "id:00010102");

  private static SoftHsmToken soft;
  private static Token token;
  private static HsmKey ca;
  private static KeyPair ak;

  @TempDir Path folder;

  @BeforeAll
  static void makeKeys() throws Exception {
    soft = FreshTokens.create("ak").get(0);
    token = FreshTokens.open(soft);
    assertThat(KeyCeremony.init(token, INVENTORY, InstantSource.fixed(NOW), RANDOM))
        .isInstanceOf(CeremonyOutcome.Born.class);
    ca = token.key(INVENTORY.spec(KeyRole.ATTESTATION));
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    ak = generator.generateKeyPair();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
    soft.close();
  }

  @Test
  void issue_certificate_isForThisKeyOfThisTpmUntilItsEnd() throws Exception {
    X509Certificate certificate = issue(ak, Duration.ofDays(30));

    certificate.verify(ca.publicKey());
    assertThat(certificate.getPublicKey()).isEqualTo(ak.getPublic());
    assertThat(certificate.getIssuerX500Principal())
        .isEqualTo(ca.certificate().getSubjectX500Principal());
    assertThat(certificate.getSubjectX500Principal().getName()).isEmpty();
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("2.23.133.8.3");
    assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
    assertThat(certificate.getKeyUsage())
        .containsExactly(true, false, false, false, false, false, false, false, false);
    assertThat(certificate.getCriticalExtensionOIDs())
        .isEqualTo(Set.of("2.5.29.15", "2.5.29.17", "2.5.29.19"));
    List<?> name = certificate.getSubjectAlternativeNames().iterator().next();
    assertThat(name.get(0)).as("directoryName").isEqualTo(4);
    assertThat(certificate.getNotBefore().toInstant()).isEqualTo(NOW.minus(Duration.ofMinutes(5)));
    assertThat(certificate.getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(30)));
    assertThat(issue(ak, Duration.ofDays(30)).getSerialNumber())
        .isPositive()
        .isNotEqualTo(certificate.getSerialNumber());
  }

  @Test
  void issue_rsaKey_isCertified() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair rsa = generator.generateKeyPair();

    assertThat(issue(rsa, Duration.ofDays(1)).getPublicKey()).isEqualTo(rsa.getPublic());
  }

  /** What another implementation makes of it. */
  @Test
  void opensslVerify_certificateAndItsAuthority_holdsForTheTimeOfItsValidity() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "skipped: no /usr/bin/openssl");
    Path root = write("ca.pem", ca.certificate());
    Path certificate = write("ak.pem", issue(ak, Duration.ofDays(30)));

    assertThat(openssl(root, certificate, NOW)).contains("ak.pem: OK");
    assertThat(openssl(root, certificate, NOW.plus(Duration.ofDays(31))))
        .contains("certificate has expired");
    assertThat(
            openssl(
                write("other.pem", token.key(INVENTORY.spec(KeyRole.TLS)).certificate()),
                certificate,
                NOW))
        .contains("unable to get local issuer certificate");
  }

  private static String openssl(Path root, Path certificate, Instant at) throws Exception {
    Process process =
        new ProcessBuilder(
                "/usr/bin/openssl",
                "verify",
                "-x509_strict",
                "-attime",
                String.valueOf(at.getEpochSecond()),
                "-CAfile",
                root.toString(),
                certificate.toString())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int unused = process.waitFor();
    return said;
  }

  private Path write(String name, X509Certificate certificate) throws Exception {
    return Files.writeString(
        folder.resolve(name),
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
            + "\n-----END CERTIFICATE-----\n");
  }

  @Test
  void issue_keyOfAnotherRoleOrValidityOutsideItsBounds_isABugOfTheCaller() throws Exception {
    HsmKey tls = token.key(INVENTORY.spec(KeyRole.TLS));

    assertThatThrownBy(() -> issue(tls, ak, Duration.ofDays(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("role attestation");
    for (Duration validity :
        List.of(Duration.ZERO, AkCertificate.MAX_VALIDITY.plus(Duration.ofSeconds(1)))) {
      assertThatThrownBy(() -> issue(ak, validity)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void issue_tokenThatIsClosed_isTheTokensFailure() throws Exception {
    token.close();
    try {
      assertThatThrownBy(() -> issue(ak, Duration.ofDays(1)))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.CLOSED));
    } finally {
      token = FreshTokens.open(soft);
      ca = token.key(INVENTORY.spec(KeyRole.ATTESTATION));
    }
  }

  private static X509Certificate issue(KeyPair key, Duration validity) throws HsmException {
    return issue(ca, key, validity);
  }

  private static X509Certificate issue(HsmKey by, KeyPair key, Duration validity)
      throws HsmException {
    return AkCertificate.issue(by, key.getPublic().getEncoded(), DEVICE, NOW, validity, RANDOM);
  }
}
