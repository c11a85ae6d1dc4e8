// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.AnchoredStart;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tpm.Tpm;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code writ serve} on a host with a simulated TPM, and {@code writ keys start-quote} beside it. */
class ServeStartQuoteTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static Path folder;
  private static EndorsementAuthority maker;
  private static SwtpmHost host;
  private static DemoService running;

  /** Of it the other services of these cases are, one at a time. */
  private static DemoService.Born born;

  private static Path config;
  private static String withoutTpm = "";

  @BeforeAll
  static void boot() throws Exception {
    // The simulator's Unix sockets lie in it: the path must stay short.
    folder = Files.createTempDirectory("writ-start-quote-");
    maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    host = manufacture("tpm");
    DemoService.Born anchored = DemoService.birth(folder.resolve("service"));
    Path own = DemoService.configure(anchored, maker, Map.of(), folder);
    Files.writeString(own, naming(host, Files.readString(own)));
    running = DemoService.start(anchored, own);
    born = DemoService.birth(folder.resolve("other"));
    config = DemoService.configure(born, maker, Map.of(), folder);
    withoutTpm = Files.readString(config);
  }

  @AfterAll
  static void stop() throws Exception {
    running.close();
    host.close();
    TestFolders.remove(folder);
  }

  private static SwtpmHost manufacture(String name) throws Exception {
    return SwtpmHost.manufacture(Files.createDirectory(folder.resolve(name)), maker);
  }

  private static String naming(SwtpmHost machine, String yaml) {
    return yaml.replace(
        "label: writ-demo\n", "label: writ-demo\n  tpm: \"" + machine.tcti() + "\"\n");
  }

  private static void nameTpm(SwtpmHost machine) throws Exception {
    Files.writeString(config, naming(machine, withoutTpm));
  }

  private static String akName(SwtpmHost machine) throws Exception {
    try (Tpm tpm = Tpm.open(machine.tcti())) {
      return AkName.of(tpm.attestationKey().name()).base64Url();
    }
  }

  private static Invocation startQuote(DemoService service, Object... more) {
    List<Object> words =
        new ArrayList<>(List.of("keys", "start-quote", "--socket", service.socket()));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  private static String log(Path service) throws Exception {
    return Files.readString(service.resolve("log"));
  }

  @Test
  void startQuote_ofARunningService_holdsAndNamesTheHostsState() throws Exception {
    Invocation quote = startQuote(running, "--trust", running.trustFile());

    assertThat(quote.status()).as(quote.err()).isEqualTo(ExitStatus.DONE);
    assertThat(quote.out())
        .containsPattern("evidence +holds")
        .containsPattern("ledger +holds the leaf")
        .contains(akName(host), "sha256:[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14]", "issuer ")
        .doesNotContain("previous_ak_name");
    assertThat(startQuote(running).out()).contains("not asked, for want of --trust");
    assertThat(log(folder.resolve("service")))
        .contains("\"start_anchored\"")
        .doesNotContain("start_tpm_changed");
  }

  @Test
  void startQuote_underTheTrustFileOfAnotherService_isIntegrityViolated() throws Exception {
    Invocation quote =
        startQuote(running, "--trust", born.folder().resolve("keys").resolve("trust.json"));

    assertThat(quote.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(quote.err()).contains("whose checkpoint the trust file believes").hasLineCount(1);
  }

  @Test
  void startQuote_ofEvidenceChangedInTheStore_isIntegrityViolated() throws Exception {
    String of = " WHERE leaf_index = (SELECT MAX(leaf_index) FROM service_start)";
    try (Connection store =
            DriverManager.getConnection(
                "jdbc:sqlite:" + folder.resolve("service/ledger/ledger.db"));
        Statement change = store.createStatement()) {
      byte[] bytes;
      try (ResultSet row = change.executeQuery("SELECT bytes FROM payload" + of)) {
        assertThat(row.next()).isTrue();
        bytes = row.getBytes(1);
      }
      // Of the last bytes; the text around them stays base64url in canonical JSON.
      int changed =
          change.executeUpdate(
              "UPDATE payload SET bytes = CAST(substr(bytes, 1, length(bytes) - 16) || 'BBBBBBBB'"
                  + " || substr(bytes, -8) AS BLOB)"
                  + of);
      assertThat(changed).isEqualTo(1);
      Invocation quote = startQuote(running);

      assertThat(quote.status()).as(quote.err()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(quote.err()).contains("payload_contradicts").hasLineCount(1);
      assertThat(quote.out()).isEmpty();
      try (PreparedStatement back = store.prepareStatement("UPDATE payload SET bytes = ?" + of)) {
        back.setBytes(1, bytes);
        assertThat(back.executeUpdate()).isEqualTo(1);
      }
    }
    assertThat(startQuote(running).status()).isEqualTo(ExitStatus.DONE);
  }

  /** By a service that shows something else than its ledger has. */
  @Test
  void startQuote_ofAnAnswerOfWhichAPartIsAnothers_isIntegrityViolated() throws Exception {
    AnchoredStart first = CommandFailure.read(running.operator().keys().start());
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("leaf", base64Url(first.leaf().bytes()));
    answer.put("proof", first.proof());
    answer.put("consistency", first.consistency().stream().map(Hash::hex).toList());
    answer.put("ak_public", base64Url(first.evidence().orElseThrow().akPublic().bytes()));
    answer.put("evidence", base64Url(first.evidence().orElseThrow().quoted().bytes()));
    assertThat(answered(answer).status()).isEqualTo(ExitStatus.DONE);

    Leaf leaf = first.leaf();
    Leaf later = Leaf.of(leaf.time().plusMillis(1), leaf.id(), leaf.parents(), leaf.body());
    Leaf decision =
        Leaf.of(
            leaf.time(),
            leaf.id(),
            leaf.parents(),
            new LeafBody.Revocation(leaf.id(), RevocationReason.UNSPECIFIED));
    List<String> otherTree =
        first.consistency().stream().map(hash -> Hash.sha256(hash.bytes()).hex()).toList();
    for (Map.Entry<String, Object> other :
        List.<Map.Entry<String, Object>>of(
            Map.entry("leaf", base64Url(later.bytes())),
            Map.entry("leaf", base64Url(decision.bytes())),
            Map.entry("proof", first.proof().replace("\n\n", "\n" + "A".repeat(43) + "=\n\n")),
            Map.entry("consistency", otherTree))) {
      Map<String, Object> changed = new LinkedHashMap<>(answer);
      changed.put(other.getKey(), other.getValue());
      Invocation quote = answered(changed);

      assertThat(quote.status()).as(other + quote.err()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(quote.out()).isEmpty();
      // Whatever is asked of it, it gives the same: no trust file, too.
      assertThat(quote.err().lines().filter(line -> !line.contains("does not follow, and is left")))
          .hasSize(1);
    }
  }

  private static Invocation answered(Map<String, Object> answer) throws Exception {
    Path socket = folder.resolve("answering");
    Files.deleteIfExists(socket);
    try (AnsweringSocket answering = AnsweringSocket.at(socket, 200, Printer.json(answer))) {
      Invocation quote =
          Invocation.of("keys", "start-quote", "--socket", socket, "--trust", running.trustFile());
      assertThat(answering.requests().get(0)).startsWith("GET /v1/start HTTP/1.1\r\n");
      return quote;
    }
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  @Test
  void serve_onAnotherTpmThanBefore_saysSoInLogAndLeaf() throws Exception {
    nameTpm(host);
    DemoService.start(born, config).close();
    String before = log(born.folder());
    try (SwtpmHost other = manufacture("other-tpm")) {
      nameTpm(other);
      try (DemoService service = DemoService.start(born, config)) {
        Invocation quote = startQuote(service, "-o", "json");

        assertThat(quote.status()).as(quote.err()).isEqualTo(ExitStatus.DONE);
        assertThat(quote.out())
            .contains("\"ak_name\":\"" + akName(other))
            .contains("\"previous_ak_name\":\"" + akName(host) + "\"");
        assertThat(log(born.folder())).startsWith(before);
        assertThat(log(born.folder()).substring(before.length())).contains("\"start_tpm_changed\"");
      }
    }
  }

  @Test
  void serve_whoseTpmIsGone_endsInOneSentence() throws Exception {
    SwtpmHost gone = manufacture("gone-tpm");
    nameTpm(gone);
    gone.close();
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ChildProcess process =
        ChildProcess.start(
            JavaCommand.ofWrit(
                born.folder().resolve("tmp"), List.of("serve", "--config", config.toString())),
            born.token().environment(),
            out,
            err);

    assertThat(process.await(PATIENCE)).contains(ExitStatus.CONFIGURATION);
    assertThat(Files.readString(out)).isEmpty();
    assertThat(Files.readString(err, StandardCharsets.UTF_8))
        .contains("writ: token.tpm: this host's TPM must vouch for the start, and did not");
  }

  @Test
  void serve_withoutATpm_saysThatItsHostIsNotAnchored() throws Exception {
    Files.writeString(config, withoutTpm);
    try (DemoService service = DemoService.start(born, config)) {
      assertThat(log(born.folder())).contains("\"start_not_anchored\"");
      Invocation quote = startQuote(service);
      assertThat(quote.status()).isEqualTo(ExitStatus.DENIED);
      assertThat(quote.err()).contains("token.tpm").hasLineCount(1);
    }
  }
}
