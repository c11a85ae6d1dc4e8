// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.HsmException.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What TLS servers show, certified by a key in SoftHSM. */
class ServerCertificateTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
  private static final KeyInventory INVENTORY = KeyInventory.standard();
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir static Path folder;
  private static SoftHsmToken soft;
  private static Token token;
  private static HsmKey ca;

  @BeforeAll
  static void makeKeys() throws Exception {
    soft = FreshTokens.create("tls").get(0);
    token = FreshTokens.open(soft);
    assertThat(KeyCeremony.init(token, INVENTORY, InstantSource.fixed(NOW), RANDOM))
        .isInstanceOf(CeremonyOutcome.Born.class);
    ca = token.key(INVENTORY.spec(KeyRole.TLS));
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
    soft.close();
  }

  @Test
  void issue_leaf_isForServersOfTheseNamesUntilItsEnd() throws Exception {
    ServerCertificate server =
        issue(ca, List.of("writ.example", "127.0.0.1", "::1"), Duration.ofHours(24));

    X509Certificate leaf = server.chain().get(0);
    leaf.verify(ca.publicKey());
    assertThat(leaf.getIssuerX500Principal()).isEqualTo(ca.certificate().getSubjectX500Principal());
    assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(leaf.getKeyUsage()[0]).as("digitalSignature").isTrue();
    assertThat(leaf.getKeyUsage()[5]).as("keyCertSign").isFalse();
    assertThat(leaf.getSubjectAlternativeNames())
        .containsExactlyInAnyOrder(
            List.of(2, "writ.example"), List.of(7, "127.0.0.1"), List.of(7, "0:0:0:0:0:0:0:1"));
    assertThat(leaf.getNotBefore().toInstant()).isEqualTo(NOW.minus(Duration.ofMinutes(5)));
    assertThat(server.notAfter()).isEqualTo(NOW.plus(Duration.ofHours(24)));
    assertThat(server.chain()).hasSize(2).last().isEqualTo(ca.certificate());
  }

  @Test
  void issue_key_isFreshAndTheCertificates() throws Exception {
    ServerCertificate one = issue(ca, List.of("localhost"), Duration.ofHours(1));
    ServerCertificate other = issue(ca, List.of("localhost"), Duration.ofHours(1));

    assertThat(one.chain().get(0).getPublicKey()).isNotEqualTo(other.chain().get(0).getPublicKey());
    assertThat(one.chain().get(0).getSerialNumber())
        .isNotEqualTo(other.chain().get(0).getSerialNumber());
    Signature signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(one.privateKey());
    signer.update((byte) 1);
    Signature verifier = Signature.getInstance("SHA256withECDSA");
    verifier.initVerify(one.chain().get(0));
    verifier.update((byte) 1);
    assertThat(verifier.verify(signer.sign())).isTrue();
  }

  @Test
  void keyStore_holdsKeyAndChain_asTlsLibrariesTakeThem() throws Exception {
    ServerCertificate server = issue(ca, List.of("localhost"), Duration.ofHours(1));

    KeyStore store = server.keyStore();

    String alias = store.aliases().nextElement();
    assertThat(store.getKey(alias, new char[0])).isEqualTo(server.privateKey());
    assertThat(store.getCertificateChain(alias)).containsExactlyElementsOf(server.chain());
  }

  /** OpenSSL reads it by RFC 5280 as strictly as it can. */
  @Test
  void chain_isAcceptedByOpenssl() throws Exception {
    ServerCertificate server =
        issue(ca, List.of("writ.example", "192.0.2.1"), Duration.ofHours(24));
    Path leaf = pem("leaf.pem", server.chain().get(0));
    Path authority = pem("ca.pem", server.chain().get(1));
    String at = Long.toString(NOW.getEpochSecond());

    for (List<String> name :
        List.of(List.of("-verify_hostname", "writ.example"), List.of("-verify_ip", "192.0.2.1"))) {
      ChildProcess.run(
          Map.of(),
          List.of(
              "openssl",
              "verify",
              "-x509_strict",
              "-purpose",
              "sslserver",
              "-attime",
              at,
              name.get(0),
              name.get(1),
              "-CAfile",
              authority.toString(),
              leaf.toString()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-a.example", "a..b", "*.example", "a b", "999.1.1.1", "1:2", "[::1]", "ü.de"})
  void issue_nameThatNoServerHas_isRefused(String name) {
    assertThatThrownBy(() -> issue(ca, List.of(name), Duration.ofHours(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "-PT1H", "PT24H0.000000001S", "P365D"})
  void issue_validityOutsideItsBounds_isRefused(String validity) {
    assertThatThrownBy(() -> issue(ca, List.of("localhost"), Duration.parse(validity)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT24H");
  }

  @Test
  void issue_withoutNamesOrByAnotherRolesKey_isRefused() throws Exception {
    HsmKey issuer = token.key(INVENTORY.spec(KeyRole.ISSUER));

    assertThatThrownBy(() -> issue(ca, List.of(), Duration.ofHours(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name or address");
    assertThatThrownBy(() -> issue(issuer, List.of("localhost"), Duration.ofHours(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("role tls");
  }

  @Test
  void issue_tokenGone_isTheTokensFailure() throws Exception {
    token.close();
    try {
      assertThatThrownBy(() -> issue(ca, List.of("localhost"), Duration.ofHours(1)))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.CLOSED));
    } finally {
      token = FreshTokens.open(soft);
      ca = token.key(INVENTORY.spec(KeyRole.TLS));
    }
  }

  @Test
  void toString_showsNoKey() throws Exception {
    ServerCertificate server = issue(ca, List.of("localhost"), Duration.ofHours(1));

    assertThat(server).hasToString("TLS server certificate until " + NOW.plus(Duration.ofHours(1)));
  }

  private static ServerCertificate issue(HsmKey by, List<String> names, Duration validity)
      throws HsmException {
    return ServerCertificate.issue(by, names, NOW, validity, RANDOM);
  }

  private static Path pem(String name, X509Certificate certificate) throws Exception {
    String base64 =
        Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
    return Files.write(
        folder.resolve(name),
        Arrays.asList("-----BEGIN CERTIFICATE-----", base64, "-----END CERTIFICATE-----"));
  }
}
