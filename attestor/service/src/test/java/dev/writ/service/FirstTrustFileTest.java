// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustedKey;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The trust file that verifiers start from, and the ledger it goes with. */
class FirstTrustFileTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    deployment.start();
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  @Test
  void issuerKey_isBelievedFor730DaysFromItsBirth() {
    TrustedKey key = deployment.trust().content().keys().get(0);

    assertThat(key.nbf()).isEqualTo(token.keys().issuer().certificate().getNotBefore().toInstant());
    assertThat(key.exp()).isEqualTo(key.nbf().plus(Duration.ofDays(730)));
    assertThat(key.exp()).isEqualTo(key.exp().truncatedTo(ChronoUnit.SECONDS));
  }

  @Test
  void statusKey_isBelievedForStatusAloneAndInTheLedgerForTheSameTime() throws Exception {
    TrustedKey key = deployment.trust().content().keys().get(1);
    SigningKey held = deployment.service().ledger().key(token.keys().statusKid()).orElseThrow();

    assertThat(key.role()).isEqualTo(KeyRole.STATUS);
    assertThat(key.key().kid()).isEqualTo(token.keys().statusKid());
    assertThat(key.exp()).isEqualTo(key.nbf().plus(Duration.ofDays(730)));
    assertThat(held.role()).isEqualTo(KeyRole.STATUS);
    assertThat(held.notBefore()).isEqualTo(key.nbf());
    assertThat(held.notAfter()).isEqualTo(key.exp());
  }

  @Test
  void tls_pinsTheCertifyingKey_andStatusIsWhereItWasSaidToBe() {
    TrustContent content =
        FirstTrustFile.dev(
                Deployment.IDENTITY.issuer(),
                Deployment.IDENTITY.origin(),
                token.keys(),
                (ECPublicKey) SoftwareHost.newKeyPair().getPublic(),
                Optional.of(FirstTrustFile.statusAt("https://writ.example/status")))
            .content();

    assertThat(content.tls())
        .containsExactly(Hash.sha256(token.keys().tls().certificate().getPublicKey().getEncoded()));
    assertThat(content.status())
        .contains(
            new TrustContent.StatusSource("https://writ.example/status", Duration.ofMinutes(5)));
  }

  @Test
  void issuerKey_inTheLedger_hasTheWindowThatVerifiersHoldItTo() throws Exception {
    TrustedKey trusted = deployment.trust().content().keys().get(0);
    SigningKey held = deployment.service().ledger().key(token.keys().issuerKid()).orElseThrow();

    assertThat(held.notBefore()).isEqualTo(trusted.nbf());
    assertThat(held.notAfter()).isEqualTo(trusted.exp());
  }
}
