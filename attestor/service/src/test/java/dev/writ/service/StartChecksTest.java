// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.TrustFile;
import dev.writ.ledger.CommitLimits;
import dev.writ.ledger.CounterAnchor;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RollbackCounter;
import dev.writ.ledger.SqliteConfig;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.Hash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
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

  /** The same for verifiers that believe another trust file. */
  static WritService.Setup withTrust(WritService.Setup setup, TrustFile trust) {
    return new WritService.Setup(
        setup.identity(),
        trust,
        setup.keys(),
        setup.store(),
        setup.witnesses(),
        setup.counter(),
        setup.retention(),
        setup.policy(),
        setup.endorsementTrust(),
        setup.admitted(),
        setup.terms(),
        setup.limits(),
        setup.signatures(),
        setup.clock(),
        setup.random(),
        setup.host(),
        setup.initiators());
  }

  private void assertNotStarted(TrustFile trust, String... words) throws Exception {
    WritService.Setup setup = deployment.setup();
    WritService.Setup changed = withTrust(setup, trust);
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

  /** One that nobody asks. */
  private record NoCounter() implements RollbackCounter {
    @Override
    public Hash identity() throws LedgerException {
      throw unasked();
    }

    @Override
    public OptionalLong read() throws LedgerException {
      throw unasked();
    }

    @Override
    public long make() throws LedgerException {
      throw unasked();
    }

    @Override
    public long raise() throws LedgerException {
      throw unasked();
    }

    private static LedgerException unasked() {
      return new LedgerException("test", "it must not be asked");
    }
  }

  /** Only who saw a newer head can tell that a store was put back. */
  @Test
  void startWithoutWitnesses_saysThatARollbackWouldGoUnseen() throws Exception {
    List<String> events = new CopyOnWriteArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            events.add(line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(StartChecks.class.getName());
    logger.addHandler(handler);
    try {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      String witness = Cosigner.of("w.example", pair).key().vkey();
      TrustFile none = deployment.trust();
      deployment.witnesses("witness w " + witness + " https://w.example\nquorum w\n");
      StartChecks.warnOfUnseenRollback(
          deployment.trust(), SqliteConfig.in(Path.of("ledger")), Optional.empty());
      StartChecks.warnOfUnseenRollback(
          none,
          new SqliteConfig(
              Path.of("ledger"), Optional.of(Path.of("/mnt/anchor")), CommitLimits.DEFAULT),
          Optional.empty());
      StartChecks.warnOfUnseenRollback(
          none,
          SqliteConfig.in(Path.of("ledger")),
          Optional.of(new CounterAnchor(new NoCounter(), Duration.ofHours(1))));
      assertThat(events).isEmpty();
      StartChecks.warnOfUnseenRollback(none, SqliteConfig.in(Path.of("ledger")), Optional.empty());
      assertThat(events).containsExactly("rollback_unseen");
    } finally {
      logger.removeHandler(handler);
    }
  }
}
