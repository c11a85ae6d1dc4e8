// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.ChildProcess;
import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ serve} in processes of its own: what it says, what it needs, how it ends. */
class ServeCommandTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static RunningService running;

  @TempDir Path folder;

  /** What a process printed, and how it ended. */
  private record Ended(int status, String out, String err) {}

  @BeforeAll
  static void start() throws Exception {
    running = RunningService.start();
  }

  @AfterAll
  static void stop() throws Exception {
    running.close();
  }

  @Test
  void serve_everyDoor_isNamedInOneLine() throws Exception {
    assertThat(Files.readString(running.folder().resolve("service/ready")))
        .matches(
            "ready http=http://127\\.0\\.0\\.1:[1-9][0-9]* tls=https://127\\.0\\.0\\.1:[1-9][0-9]*"
                + " operator="
                + running.service().socket()
                + " operator_mtls=https://127\\.0\\.0\\.1:[1-9][0-9]*"
                + " metrics=http://127\\.0\\.0\\.1:[1-9][0-9]*\n");
  }

  @Test
  void serve_operatorsSocket_isItsOwnersAlone() throws Exception {
    assertThat(Files.getPosixFilePermissions(running.service().socket()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void serve_publicDoor_hasTrustFileAndReadinessAndNoOperatorsRoute() throws Exception {
    assertThat(get(running.service().url().resolve("/v1/trust")))
        .isEqualTo(Files.readString(running.service().trustFile()));
    assertThat(running.service().readiness()).isEqualTo(DemoService.READY);
    assertThat(status(running.service().url().resolve("/metrics"))).isEqualTo(404);
    assertThat(get(URI.create(running.place("metrics")).resolve("/metrics")))
        .contains("writ_checkpoint_age_seconds");
  }

  @Test
  void serve_termination_endsWithStatusZeroAndStartsAgainWithItsLedger() throws Exception {
    DemoService.Born born = DemoService.birth(folder.resolve("other"));
    Path config = Files.writeString(folder.resolve("other/serve.yaml"), configuration());
    PolicyDocument policy = DemoPolicyApprover.document(DemoService.policyFile(running.born()));
    Files.write(DemoService.policyFile(born), DemoPolicyApprover.approved(born, policy).toJson());
    Files.copy(
        running.folder().resolve("service/tpm-roots.pem"), folder.resolve("other/tpm-roots.pem"));
    Ended first = untilReadyThenTerminated(born, config, List.of("-o", "json"));
    assertThat(first.status()).as(first.err()).isEqualTo(ExitStatus.DONE);
    assertThat(first.out())
        .startsWith("{\"ready\":true,\"http\":\"http://127.0.0.1:")
        .hasLineCount(1);
    assertThat(folder.resolve("other/operator.sock")).doesNotExist();
    assertThat(Files.size(folder.resolve("other/ledger/ledger.db"))).isPositive();
    Ended second = untilReadyThenTerminated(born, config, List.of());
    assertThat(second.status()).as(second.err()).isEqualTo(ExitStatus.DONE);
    assertThat(second.err().lines()).allMatch(line -> line.startsWith("{\"time\":"));
  }

  private static String configuration() {
    return """
        tenant: demo
        trust: keys/trust.json
        token: {label: writ-demo, pin_file: token/writ-demo.pin}
        ledger: {folder: ledger}
        policy: policy.dsse.json
        endorsements: {roots: [tpm-roots.pem]}
        listen: {http: "127.0.0.1:0"}
        operator: {socket: operator.sock}
        log: {level: info}
        """;
  }

  @Test
  void check_goodConfiguration_saysWhatItWouldServe() throws Exception {
    Ended check = serve(running.config(), "--check", "--set", "ledger.folder=" + folder);
    assertThat(check.status()).as(check.err()).isEqualTo(ExitStatus.DONE);
    assertThat(check.out()).contains("issuer").contains("https://writ.example").contains("dev");
    assertThat(check.err()).isEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void check_asJson_isOneDocument() throws Exception {
    Ended check = serve(running.config(), "--check", "-o", "json");
    assertThat(check.out())
        .startsWith("{\"issuer\":\"https://writ.example\"")
        .endsWith("\"ok\":true}\n");
  }

  /** Each of them is found before a token, a ledger or a door is touched. */
  @Test
  void check_whatIsNamedIsNotAsItMustBe_saysWhichKeyNamesIt() throws Exception {
    Path none = folder.resolve("none");
    Path file = Files.writeString(folder.resolve("file"), "{}");
    Path others =
        Files.writeString(
            folder.resolve("others.json"),
            Files.readString(Path.of("../../docs/examples/dev-policy.json"))
                .replace("\"targets\": [\"*\"]", "\"targets\": [\"globex\"]"));
    Map<String, String> wrong =
        Map.of(
            "trust=" + none,
            "trust: ",
            "trust=" + file,
            "trust: ",
            "policy=" + none,
            "policy: ",
            "policy=" + file,
            "policy: ",
            "policy=" + others,
            "policy: " + others + ": the policy's targets must name this service's tenant, demo",
            "token.profile=nobodys",
            "token: ",
            "operator.mtls.client_roots=" + file,
            "operator.mtls.client_roots: ");
    for (Map.Entry<String, String> one : wrong.entrySet()) {
      Invocation check =
          Invocation.of("serve", "--config", running.config(), "--check", "--set", one.getKey());
      assertThat(check.status()).as(one + check.err()).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(check.err()).startsWith("writ: " + one.getValue()).hasLineCount(1);
      assertThat(check.out()).isEmpty();
    }
  }

  @Test
  void check_tokenThatCannotBeOpened_saysWhatToDo() throws Exception {
    Ended label = serve(running.config(), "--check", "--set", "token.label=nobody");
    assertThat(label.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(label.err()).startsWith("writ: token: ").contains("nobody").hasLineCount(1);
    Path pin = Files.writeString(folder.resolve("pin"), "1234");
    Files.setPosixFilePermissions(pin, PosixFilePermissions.fromString("rw-r--r--"));
    Ended open = serve(running.config(), "--check", "--set", "token.pin_file=" + pin);
    assertThat(open.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(open.err()).contains("chmod 600").doesNotContain("1234").hasLineCount(1);
  }

  /** A service whose verifiers do not believe it would be of no use to anybody. */
  @Test
  void check_trustFileOfAnotherToken_isRefused() throws Exception {
    DemoService.Born other = DemoService.birth(folder.resolve("another"));
    PolicyDocument policy = DemoPolicyApprover.document(DemoService.policyFile(running.born()));
    Path signed =
        Files.write(
            DemoService.policyFile(other), DemoPolicyApprover.approved(other, policy).toJson());
    Ended check =
        serve(
            running.config(),
            "--check",
            "--set",
            "policy=" + signed,
            "--set",
            "trust=" + other.folder().resolve("keys/trust.json"));
    assertThat(check.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(check.err())
        .contains("must name the token's issuer key")
        .contains("open the token that belongs to it");
  }

  /** Found before it would open a door that no agent believes. */
  @Test
  void check_chainOfFilesThatNoPinCovers_isRefused() throws Exception {
    PemCredential pem = PemCredential.create(folder);
    Ended check = serve(withFiles(pem), "--check");
    assertThat(check.status()).as(check.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(check.err())
        .startsWith("writ: trust: ")
        .contains("must pin in tls a key of the chain that listen.tls shows")
        .contains(pem.pin().hex())
        .hasLineCount(1);
  }

  @Test
  void check_keyOfAnotherCertificate_isRefused() throws Exception {
    PemCredential pem = PemCredential.create(folder);
    PemCredential other = PemCredential.create(Files.createDirectory(folder.resolve("other-pem")));
    Ended check =
        serve(withFiles(new PemCredential(pem.chain(), other.key(), pem.pin())), "--check");
    assertThat(check.status()).as(check.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(check.err())
        .startsWith("writ: listen.tls: ")
        .contains("must be the key of the first certificate")
        .hasLineCount(1);
  }

  @Test
  void serve_nameThatIsNone_stopsWithFileAndLine() throws Exception {
    String written = Files.readString(running.config());
    Path config =
        Files.writeString(
            running.config().resolveSibling("names.yaml"),
            written.replace("names: [localhost]", "names: [build_7]"));
    Ended serve = serve(config);
    assertThat(serve.status()).as(serve.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(serve.err()).startsWith("writ: " + config + ":").contains("build_7").hasLineCount(1);
  }

  private static Path withFiles(PemCredential pem) throws IOException {
    String written = Files.readString(running.config());
    return Files.writeString(
        running.config().resolveSibling("files.yaml"),
        written.replace(
            "names: [localhost]", "certificate: " + pem.chain() + "\n    key: " + pem.key()));
  }

  @Test
  void serve_unknownKey_stopsWithFileAndLine() throws Exception {
    Path config = Files.writeString(folder.resolve("serve.yaml"), "tenant: a\nsurprise: 1\n");
    Ended serve = serve(config);
    assertThat(serve.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(serve.err()).startsWith("writ: " + config + ":").hasLineCount(1);
  }

  @Test
  void serve_missingFile_isAConfigurationError() throws Exception {
    Ended serve = serve(folder.resolve("none.yaml"));
    assertThat(serve.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(serve.err()).contains("must exist").hasLineCount(1);
  }

  @Test
  void serve_portThatIsTaken_stopsInOneSentence() throws Exception {
    Ended serve =
        serve(
            running.config(),
            "--set",
            "ledger.folder=" + folder.resolve("ledger"),
            "--set",
            "operator.socket=" + folder.resolve("operator.sock"),
            "--set",
            "listen.tls.address=127.0.0.1:" + running.service().url().getPort());
    assertThat(serve.status()).as(serve.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(serve.err()).contains("must open").doesNotContain("at dev.writ");
  }

  /** Two services must not write one ledger. */
  @Test
  void serve_ledgerOfARunningService_stopsInOneSentence() throws Exception {
    Ended serve =
        serve(running.config(), "--set", "operator.socket=" + folder.resolve("operator.sock"));
    assertThat(serve.status()).as(serve.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(serve.err()).contains("ledger").doesNotContain("at dev.writ");
  }

  @Test
  void serve_plainDoorBeyondLoopback_stops() throws Exception {
    Ended serve =
        serve(
            running.config(),
            "--set",
            "ledger.folder=" + folder.resolve("ledger"),
            "--set",
            "operator.socket=" + folder.resolve("operator.sock"),
            "--set",
            "listen.http=0.0.0.0:0");
    assertThat(serve.status()).as(serve.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(serve.err()).contains("loopback");
  }

  @Test
  void serve_withoutConfiguration_isAUsageError() {
    assertThat(Invocation.of("serve").status()).isEqualTo(ExitStatus.USAGE);
  }

  private Ended serve(Path config, String... more) throws Exception {
    List<String> words = new ArrayList<>(List.of("serve", "--config", config.toString()));
    words.addAll(List.of(more));
    ChildProcess process = begin(running.born(), words, "once");
    int status =
        process.await(PATIENCE).orElseThrow(() -> new AssertionError("it did not end by itself"));
    return ended(status, "once");
  }

  private Ended untilReadyThenTerminated(DemoService.Born born, Path config, List<String> more)
      throws Exception {
    List<String> words = new ArrayList<>(List.of("serve", "--config", config.toString()));
    words.addAll(more);
    String name = "run" + System.nanoTime();
    ChildProcess process = begin(born, words, name);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (Files.size(folder.resolve(name + ".out")) == 0
        && process.isAlive()
        && System.nanoTime() - end < 0) {
      Thread.sleep(10);
    }
    process.stop(PATIENCE);
    return ended(process.await(PATIENCE).orElseThrow(), name);
  }

  private ChildProcess begin(DemoService.Born born, List<String> words, String name)
      throws IOException, InterruptedException {
    Files.deleteIfExists(folder.resolve(name + ".out"));
    Files.deleteIfExists(folder.resolve(name + ".err"));
    return ChildProcess.start(
        JavaCommand.ofWrit(born.folder().resolve("tmp"), words),
        born.token().environment(),
        Files.createFile(folder.resolve(name + ".out")),
        folder.resolve(name + ".err"));
  }

  private Ended ended(int status, String name) throws IOException {
    Path out = folder.resolve(name + ".out");
    Path err = folder.resolve(name + ".err");
    Ended ended = new Ended(status, Files.readString(out), Files.readString(err));
    Files.delete(out);
    Files.delete(err);
    return ended;
  }

  private static int status(URI url) throws IOException {
    return ((HttpURLConnection) url.toURL().openConnection()).getResponseCode();
  }

  private static String get(URI url) throws IOException {
    try (InputStream in = url.toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
