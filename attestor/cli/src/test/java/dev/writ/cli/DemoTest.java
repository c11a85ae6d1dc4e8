// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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

  private static Path bundle() {
    return results.resolve("bundle.json");
  }

  private static Path trust() {
    return results.resolve("trust.json");
  }
}
