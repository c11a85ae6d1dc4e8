// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.flippingIn;
import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.fixtures.PostgresServer;
import dev.writ.ledger.CommitLimits;
import dev.writ.ledger.PostgresConfig;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StoredLedger;
import dev.writ.service.Replayed.Standing;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.sql.DriverManager;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same replay of a database's decisions, and on other platforms. */
final class ReplayElsewhereTest {
  private static ServiceToken token;

  @TempDir private Path folder;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  private static SoftwareHost decided(Deployment deployment) throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    return host;
  }

  @Test
  void decisionInPostgres_isReplayed_andAChangeIsFound() throws Exception {
    try (PostgresServer server = PostgresServer.start();
        Deployment deployment = new Deployment(token, folder)) {
      server.createDatabase("replay");
      deployment.store(
          new PostgresConfig(
              "127.0.0.1",
              server.port(),
              "replay",
              PostgresServer.USER,
              Optional.of(server.passwordFile()),
              Optional.empty(),
              Optional.empty(),
              CommitLimits.DEFAULT));
      SoftwareHost unused = decided(deployment);
      long index = deployment.leaves() - 1;
      ReplayedStore store =
          new ReplayedStore(
              deployment.storeConfig(),
              Deployment.IDENTITY,
              deployment.trust(),
              deployment.makers.trust(),
              () ->
                  DriverManager.getConnection(
                      "jdbc:postgresql://127.0.0.1:" + server.port() + "/replay",
                      PostgresServer.USER,
                      Files.readString(server.passwordFile()).strip()));

      assertThat(notSame(store.replay(index))).isEmpty();
      Replayed changed =
          store.with("payload WHERE leaf_index = " + index, "bytes", flippingIn("evidence"), index);
      assertThat(changed.standing()).isEqualTo(Standing.CONTRADICTS);
      assertThat(notSame(changed)).anyMatch(line -> line.startsWith("evidence contradicts"));
    }
  }

  /** What another platform runs: the store's folder, the makers' certificates in DER, the trust file. */
  static final class Report {
    private Report() {}

    /** Prints what each decision came to. */
    public static void main(String[] args) throws Exception {
      List<X509Certificate> makers = new ArrayList<>();
      for (String file : List.of(args[1], args[2])) {
        makers.add(
            (X509Certificate)
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(
                        new ByteArrayInputStream(Files.readAllBytes(Path.of(file)))));
      }
      EndorsementTrust believed =
          new EndorsementTrust(List.of(makers.get(0)), List.of(makers.get(1)), List.of());
      try (StoredLedger ledger =
          StoredLedger.open(SqliteConfig.in(Path.of(args[0])), InstantSource.system())) {
        Replay replay =
            new Replay(
                ledger,
                Deployment.IDENTITY,
                TrustFile.parse(Files.readAllBytes(Path.of(args[3]))),
                believed,
                Signature.getInstance("SHA256withECDSA").getProvider());
        new StoredRange(ledger, 0, ledger.size())
            .run(2, replay, replayed -> System.out.println(replayed.toMap()), done -> {});
      }
    }
  }

  @Test
  void replay_onOtherPlatforms_comesToTheSameReport() throws Exception {
    Path root = folder.resolve("root.der");
    Path issuing = folder.resolve("issuing.der");
    Path trust = folder.resolve("trust.json");
    Path store;
    try (Deployment deployment = new Deployment(token, folder)) {
      SoftwareHost unused = decided(deployment);
      Files.write(root, deployment.maker.root().getEncoded());
      Files.write(issuing, deployment.maker.issuing().getEncoded());
      Files.write(trust, deployment.trust().toJson());
      store = deployment.ledgerFolder;
    }
    List<List<String>> reports = new ArrayList<>();
    for (Path platform : platforms()) {
      reports.add(run(platform, store, root, issuing, trust));
    }
    assertThat(reports).isNotEmpty();
    assertThat(reports.get(0)).singleElement().asString().contains("standing=same");
    assertThat(reports).allSatisfy(report -> assertThat(report).isEqualTo(reports.get(0)));
  }

  /** This platform, in a process of its own, and each other that is installed beside it. */
  private static List<Path> platforms() throws Exception {
    Path here = Path.of(System.getProperty("java.home")).toRealPath();
    try (Stream<Path> siblings = Files.list(here.getParent())) {
      return siblings
          .filter(home -> !Files.isSymbolicLink(home))
          .filter(home -> Files.isExecutable(home.resolve("bin/java")))
          .filter(home -> Files.isRegularFile(home.resolve("release")))
          .toList();
    }
  }

  private static List<String> run(Path platform, Path... files) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                platform.resolve("bin/java").toString(),
                "-Duser.timezone=Asia/Kathmandu",
                "-Duser.language=tr",
                "-cp",
                System.getProperty("java.class.path"),
                Report.class.getName()));
    Stream.of(files).map(Path::toString).forEach(command::add);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return output.lines().toList();
    } finally {
      process.destroyForcibly();
    }
  }
}
