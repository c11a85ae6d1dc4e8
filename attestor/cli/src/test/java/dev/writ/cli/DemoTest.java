// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo on its real parts, and {@code writ verify} on what it leaves. */
class DemoTest {
  @TempDir static Path results;

  private static Path folder;
  private static String report;
  private static boolean asExpected;
  private static Invocation checkAtService;

  @BeforeAll
  static void runDemo() throws Exception {
    BuiltWritExec.tell();
    // Unix sockets of the simulators lie in it: the path must stay short.
    folder = Files.createTempDirectory("writ-demo-test-");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DemoReport steps =
        new DemoReport(new PrintStream(out, true, StandardCharsets.UTF_8), OutputFormat.json);
    try (Demo demo = new Demo(folder, steps)) {
      Demo.Left left = demo.run();
      Files.copy(left.bundle(), bundle());
      Files.copy(left.service().trustFile(), trust());
      URI ledger = left.service().url().resolve("/ledger");
      Invocation export = Invocation.of("ledger", "export", ledger, log(), "--trust", trust());
      assertThat(export.status()).as(export.err()).isEqualTo(ExitStatus.DONE);
      checkAtService = lineage("check", ledger);
    }
    steps.end(bundle(), trust(), Optional.empty());
    report = out.toString(StandardCharsets.UTF_8);
    asExpected = steps.allAsExpected();
  }

  @AfterAll
  static void removeFolder() throws Exception {
    TestFolders.remove(folder);
  }

  @Test
  void demo_onRealParts_bringsEveryStepAsExpected() {
    assertThat(asExpected).as(report).isTrue();
    assertThat(report)
        .startsWith("{\"steps\":[{\"name\":")
        .contains("\"bundle\":\"" + bundle() + "\"")
        .contains("\"trust\":\"" + trust() + "\"")
        .endsWith("\"ok\":true}\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "signature_invalid",
        "environment_mismatch",
        "environment_untrusted",
        "revoked",
        "unverifiable",
        "503",
        "replayed",
        "expired",
        "artifact_missing"
      })
  void demo_eachRefusal_isExpectedAndCame(String code) {
    assertThat(report).contains("\"expect\":\"" + code + "\",\"got\":\"" + code + "\"");
  }

  /** A bundle with no token is refused: the trust file names where revocation is published. */
  @Test
  void verify_bundleWithoutItsStatusToken_isDenied(@TempDir Path other) throws Exception {
    ProofBundle given = ProofBundle.parse(Files.readAllBytes(bundle()));
    assertThat(given.statusListToken()).isPresent();
    ProofBundle without =
        new ProofBundle(given.artifact(), given.leaf(), given.tlogProof(), Optional.empty());
    Path file = Files.write(other.resolve("without.json"), without.toJson());
    Invocation verify = Invocation.of("verify", file, "--trust", trust());
    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out()).contains("denied: governance_discontinuity");
  }

  @Test
  void demo_trustFile_namesStatusAndTls() throws Exception {
    TrustFile trust = TrustFile.parse(Files.readAllBytes(trust()));
    assertThat(trust.content().status()).isPresent();
    assertThat(trust.content().tls()).hasSize(1);
  }

  /** The artifact's max_uses is 1: here the gateway's own memory refuses, not the service. */
  @Test
  void demo_secondUseAtTheGateway_isReplayed() {
    assertThat(report)
        .contains(
            "{\"name\":\"the same artifact is used a second time\","
                + "\"expect\":\"replayed\",\"got\":\"replayed\"");
  }

  @Test
  void verify_theDemosBundle_isAllowedAndListsWhatWasNotAsked() {
    Invocation verify = Invocation.of("verify", bundle(), "--trust", trust());
    assertThat(verify.status()).as(verify.err()).isEqualTo(ExitStatus.DONE);
    assertThat(verify.out())
        .contains("passed       signature")
        .contains("passed       inclusion")
        .contains("not_asked    host")
        .endsWith("allowed, as far as was asked\n");
  }

  @Test
  void verify_asJson_isOneDocumentWithEveryCheck() {
    Invocation verify = Invocation.of("verify", bundle(), "--trust", trust(), "-o", "json");
    assertThat(verify.out()).startsWith("{\"allowed\":true,\"checks\":[{\"name\":\"given\"");
  }

  @Test
  void verify_changedByte_isDeniedWithItsCode(@TempDir Path other) throws Exception {
    ProofBundle given = ProofBundle.parse(Files.readAllBytes(bundle()));
    String jws = given.artifact();
    int at = jws.indexOf('.') + 1;
    ProofBundle changed =
        new ProofBundle(
            jws.substring(0, at) + (jws.charAt(at) == 'e' ? 'f' : 'e') + jws.substring(at + 1),
            given.leaf(),
            given.tlogProof(),
            given.statusListToken());
    Path file = Files.write(other.resolve("changed.json"), changed.toJson());
    Invocation verify = Invocation.of("verify", file, "--trust", trust());
    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out()).contains("denied: signature_invalid");
  }

  @Test
  void verify_asOfItsEnd_isExpired() throws Exception {
    ProofBundle given = ProofBundle.parse(Files.readAllBytes(bundle()));
    String end = Artifact.parse(given.artifact()).claims().exp().toString();
    Invocation verify = Invocation.of("verify", bundle(), "--trust", trust(), "--at", end);
    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out()).contains("denied: expired");
  }

  @Test
  void verify_forAnotherGatewayOrTenant_exceedsItsScope() {
    assertThat(Invocation.of("verify", bundle(), "--trust", trust(), "--audience", "other").out())
        .contains("denied: scope_exceeded");
    assertThat(Invocation.of("verify", bundle(), "--trust", trust(), "--tenant", "other").out())
        .contains("denied: scope_exceeded");
  }

  @Test
  void verify_noFile_isArtifactMissing(@TempDir Path empty) {
    Invocation verify = Invocation.of("verify", empty.resolve("none"), "--trust", trust());
    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out()).contains("denied: artifact_missing");
  }

  @Test
  void verify_trustFileWithAnotherPin_isAConfigurationError() {
    Invocation verify =
        Invocation.of(
            "verify",
            bundle(),
            "--trust",
            trust(),
            "--trust-sha256",
            Hash.sha256(new byte[0]).hex());
    assertThat(verify.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(verify.err()).contains("pinned SHA-256");
  }

  @Test
  void verify_trustFileWithItsPin_isBelieved() throws Exception {
    String pin = Hash.sha256(Files.readAllBytes(trust())).hex();
    assertThat(
            Invocation.of("verify", bundle(), "--trust", trust(), "--trust-sha256", pin).status())
        .isEqualTo(ExitStatus.DONE);
  }

  @Test
  void verify_laterTrustFileThatNobodyIntroduced_isAConfigurationError(@TempDir Path other)
      throws Exception {
    TrustFile first = TrustFile.parse(Files.readAllBytes(trust()));
    String second =
        new String(first.toJson(), StandardCharsets.UTF_8)
            .replace(
                "\"v\":1,\"version\":1}",
                "\"previous\":\"" + first.digest().hex() + "\",\"v\":1,\"version\":2}");
    Path file = Files.writeString(other.resolve("trust.json"), second);
    assertThat(TrustFile.parse(Files.readAllBytes(file)).content().version()).isEqualTo(2);
    Invocation verify = Invocation.of("verify", bundle(), "--trust", file);
    assertThat(verify.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(verify.err()).contains("--trust-sha256").hasLineCount(1);
  }

  @Test
  void verify_missingTrustFile_saysSoInOneSentence(@TempDir Path empty) {
    Path none = empty.resolve("none");
    Invocation verify = Invocation.of("verify", bundle(), "--trust", none);
    assertThat(verify.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(verify.err())
        .isEqualTo("writ: the trust file " + none + " must exist, and does not\n");
  }

  @Test
  void verify_bundleAsTrustFile_saysWhatMustBe() {
    Invocation verify = Invocation.of("verify", bundle(), "--trust", bundle());
    assertThat(verify.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(verify.err()).startsWith("writ: the trust file").hasLineCount(1);
  }

  /** {@code writ lineage} on the log that the demo wrote: programs that ran, and such that did not. */
  @Nested
  class Lineage {
    private static final String NOWHERE = "01a1fd02-e0d5-7ce6-ad7a-8fc0be151149";

    @Test
    void check_ofAServicesLog_findsEveryOutcomeComplete() {
      String json = done(lineage("check", log(), "-o", "json", "--open", bundle()));
      assertThat(json).contains("\"findings\":[],", "\"holds\":true", "\"orphans\":0");
      Matcher outcomes =
          Pattern.compile("\"outcomes\":([1-9][0-9]*),\"outcomes_complete\":([0-9]+)")
              .matcher(json);
      assertThat(outcomes.find()).as(json).isTrue();
      assertThat(outcomes.group(2)).isEqualTo(outcomes.group(1));
      assertThat(done(checkAtService)).isEqualTo(done(lineage("check", log())));
    }

    @Test
    void root_ofAnArtifact_leadsToPolicyHostAndKeys() throws Exception {
      String jti = claims().jti().toString();
      assertThat(done(lineage("root", log(), jti)))
          .contains(
              "artifact:" + jti + " -issuedFrom-> decision:",
              "-evaluatedUnder-> policy:",
              "-certifiedBy-> attestation_key:",
              "-boundTo-> endorsement_key:",
              "-publishedUnder-> key_statement:")
          .doesNotContain(claims().sub());
      assertThat(done(lineage("root", log(), jti, "-o", "json")))
          .startsWith("{\"edges\":[")
          .contains("\"leaves_left_out\":0");
    }

    @Test
    void root_withTheBundle_namesWorkloadAndExecution() throws Exception {
      String execution = claims().lineage().execution().toString();
      assertThat(done(lineage("root", log(), execution, "--open", bundle())))
          .contains("name=" + claims().sub())
          .contains("-authorizedBy-> artifact:" + claims().jti() + "  (opened)");
    }

    @Test
    void tree_ofAnArtifact_hasItsOutcome() throws Exception {
      assertThat(done(lineage("tree", log(), claims().jti())))
          .contains("-outcomeOf-> execution:" + claims().jti(), "state=ok", "reporter=holder");
    }

    @Test
    void export_inEachFormat_isOneLineADocument() throws Exception {
      for (String format : List.of("prov", "openlineage", "vsa", "svr")) {
        assertThat(done(lineage("export", log(), "--format", format)).lines())
            .isNotEmpty()
            .allMatch(line -> line.startsWith("{") && line.endsWith("}"));
      }
      assertThat(done(lineage("export", log(), claims().jti(), "--format", "svr")).lines())
          .hasSize(1);
      assertThat(lineage("export", log(), "--format", "xml").status()).isEqualTo(ExitStatus.USAGE);
    }

    private Invocation verify(Path pages) throws Exception {
      return Invocation.of("lineage", "verify", pages, "--jti", claims().jti(), "--trust", trust());
    }

    @Test
    void search_writesPages_thatVerifyOffline_andNotOnceAMatchIsLeftOut(@TempDir Path pages)
        throws Exception {
      String found = done(lineage("search", log(), "--jti", claims().jti(), "--pages", pages));
      assertThat(found).contains(" match, 0 undecided").startsWith("leaf ");
      assertThat(done(verify(pages))).isEqualTo(found);
      Path page = pages.resolve("page-0.json");
      String json = Files.readString(page);
      Files.writeString(page, json.replaceFirst("\"matches\":\\[\\d+", "\"matches\":[0"));
      Invocation refused = verify(pages);
      assertThat(refused.status()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(refused.err()).contains("the leaves that match must be");
      assertThat(lineage("search", log(), "--pages", pages).status())
          .isEqualTo(ExitStatus.CONFIGURATION);
    }

    @Test
    void search_forASubject_takesTheOpening() throws Exception {
      String sub = claims().sub();
      assertThat(done(lineage("search", log(), "--subject", sub))).contains(": 0 match, ");
      assertThat(done(lineage("search", log(), "--subject", sub, "--open", bundle())))
          .contains(": 1 match, ");
    }

    @Test
    void logThatShowsWhatItsCheckpointDoesNotCover_exitsWith5(@TempDir Path other)
        throws Exception {
      for (String file : List.of("checkpoint", "tile")) {
        Process copy =
            new ProcessBuilder("cp", "-r", log().resolve(file).toString(), other.toString())
                .inheritIO()
                .start();
        assertThat(copy.waitFor()).isZero();
      }
      try (Stream<Path> files = Files.walk(other.resolve("tile/entries"))) {
        Path entries = files.filter(Files::isRegularFile).findFirst().orElseThrow();
        String text = Files.readString(entries, StandardCharsets.ISO_8859_1);
        Files.writeString(entries, text.replace("\"ok\"", "\"no\""), StandardCharsets.ISO_8859_1);
      }
      Invocation check = lineage("check", other);
      assertThat(check.status()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(check.err()).contains("the log contradicts its checkpoint: entry ");
    }

    @Test
    void whatIsNotThere_isSaidWithItsStatus(@TempDir Path empty) {
      assertThat(lineage("root", log(), NOWHERE).status()).isEqualTo(ExitStatus.DENIED);
      assertThat(lineage("root", log(), "no-id").status()).isEqualTo(ExitStatus.USAGE);
      assertThat(lineage("root", log(), "100000").status()).isEqualTo(ExitStatus.DENIED);
      assertThat(lineage("check", log(), "--to", "100000").status()).isEqualTo(ExitStatus.DENIED);
      assertThat(lineage("check", empty).status()).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(lineage("check", log(), "--open", trust()).status())
          .isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(lineage("search", log(), "--kind", "no_kind").status())
          .isEqualTo(ExitStatus.USAGE);
    }

    private String done(Invocation invocation) {
      assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.DONE);
      return invocation.out();
    }

    private ArtifactClaims claims() throws Exception {
      return Artifact.parse(ProofBundle.parse(Files.readAllBytes(bundle())).artifact()).claims();
    }
  }

  private static Invocation lineage(String command, Object log, Object... more) {
    List<Object> words = new ArrayList<>(List.of("lineage", command, log));
    words.addAll(List.of(more));
    words.addAll(List.of("--trust", trust()));
    return Invocation.of(words.toArray());
  }

  private static Path log() {
    return results.resolve("log");
  }

  private static Path bundle() {
    return results.resolve("bundle.json");
  }

  private static Path trust() {
    return results.resolve("trust.json");
  }
}
