// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.TrustedKey;
import dev.writ.ledger.SigningKey;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
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
  void issuerKey_isBelievedForTwoYearsFromItsBirth() {
    TrustedKey key = deployment.trust().content().keys().get(0);

    assertThat(key.nbf()).isEqualTo(token.keys().issuer().certificate().getNotBefore().toInstant());
    assertThat(key.exp().atOffset(ZoneOffset.UTC))
        .isEqualTo(key.nbf().atOffset(ZoneOffset.UTC).plusYears(2));
    assertThat(key.exp()).isEqualTo(key.exp().truncatedTo(ChronoUnit.SECONDS));
  }

  @Test
  void issuerKey_inTheLedger_hasTheWindowThatVerifiersHoldItTo() throws Exception {
    TrustedKey trusted = deployment.trust().content().keys().get(0);
    SigningKey held = deployment.service().ledger().key(token.keys().issuerKid()).orElseThrow();

    assertThat(held.notBefore()).isEqualTo(trusted.nbf());
    assertThat(held.notAfter()).isEqualTo(trusted.exp());
  }
}
