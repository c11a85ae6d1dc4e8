// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.TrustFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service does not start under a trust file that is not its own. */
final class StartChecksTest {
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

  private void assertNotStarted(TrustFile trust, String... words) throws Exception {
    WritService.Setup setup = deployment.setup();
    WritService.Setup changed =
        new WritService.Setup(
            setup.identity(),
            trust,
            setup.keys(),
            setup.store(),
            setup.witnesses(),
            setup.policy(),
            setup.endorsementTrust(),
            setup.admitted(),
            setup.terms(),
            setup.limits(),
            setup.signatures(),
            setup.clock(),
            setup.random(),
            setup.host());
    assertThatThrownBy(() -> deployment.start(changed))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContainingAll(words);
  }

  private static TrustFile trust(String issuer, String origin, IssuerKeys keys, boolean status) {
    return FirstTrustFile.dev(
        issuer,
        origin,
        keys,
        (ECPublicKey) SoftwareHost.newKeyPair().getPublic(),
        status ? Optional.of(FirstTrustFile.statusAt(issuer + "/status")) : Optional.empty());
  }

  @Test
  void trustFileOfAnotherIssuerOrLog_stopsTheStartBeforeThereIsALedger() throws Exception {
    ServiceIdentity own = Deployment.IDENTITY;

    assertNotStarted(
        trust("https://other.example", own.origin(), token.keys(), true),
        "issuer",
        own.issuer(),
        "https://other.example");
    assertNotStarted(
        trust(own.issuer(), "other.example/ledger", token.keys(), true),
        "log",
        own.origin(),
        "other.example/ledger");
    assertThat(Files.exists(deployment.ledgerFolder)).isFalse();
  }

  @Test
  void trustFileWithoutStatus_stopsTheStart() throws Exception {
    ServiceIdentity own = Deployment.IDENTITY;

    assertNotStarted(trust(own.issuer(), own.origin(), token.keys(), false), "status", "revoked");
  }

  @Test
  void trustFileOfAnotherToken_stopsTheStart() throws Exception {
    ServiceIdentity own = Deployment.IDENTITY;
    IssuerKeys ours = token.keys();
    IssuerKeys strangers = token.strangersKeys();

    assertNotStarted(
        trust(
            own.issuer(),
            own.origin(),
            new IssuerKeys(
                strangers.issuer(),
                ours.checkpoint(),
                ours.checkpointEd25519(),
                ours.status(),
                ours.tls(),
                ours.attestation(),
                ours.signatures()),
            true),
        "issuer key",
        ours.issuerKid().hex());
    assertNotStarted(
        trust(
            own.issuer(),
            own.origin(),
            new IssuerKeys(
                ours.issuer(),
                ours.checkpoint(),
                ours.checkpointEd25519(),
                strangers.status(),
                ours.tls(),
                ours.attestation(),
                ours.signatures()),
            true),
        "status key",
        ours.statusKid().hex());
    assertNotStarted(
        trust(
            own.issuer(),
            own.origin(),
            new IssuerKeys(
                ours.issuer(),
                strangers.checkpoint(),
                strangers.checkpointEd25519(),
                ours.status(),
                ours.tls(),
                ours.attestation(),
                ours.signatures()),
            true),
        "checkpoint key");
  }
}
