// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code writ verify --ear} on the worked example of docs/FORMATS.md. */
class VerifyEarTest {
  private static final Path EXAMPLE =
      Path.of("../../verifier/artifact/src/test/resources/worked-example");
  private static final String DURING = "2026-11-02T08:01:00Z";

  private static Invocation verify(Path file, String at, String... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("verify", "--ear", file, "--trust", EXAMPLE.resolve("trust.json"), "--at", at));
    arguments.addAll(List.of(more));
    return Invocation.of(arguments.toArray());
  }

  @Test
  void verify_result_isValidAndTellsEveryRule() {
    Invocation verify = verify(EXAMPLE.resolve("ear.jws"), DURING);

    assertThat(verify.status()).as(verify.out()).isEqualTo(ExitStatus.DONE);
    assertThat(verify.out())
        .containsPattern("passed +signature ")
        .containsPattern("passed +not_ended ")
        .contains("host is affirming {configuration=2, executables=2, instance-identity=2}")
        .containsPattern("none +clock_safe +safe; safe")
        .containsPattern("affirming +pcr_reference +sha256:7: sha256:[0-9a-f]{64}; sha256:")
        .endsWith("valid: what the issuer found, good or bad\n");
  }

  @Test
  void verify_result_namesIssuerHostAndArtifact() {
    Invocation verify = verify(EXAMPLE.resolve("ear.jws"), DURING);

    assertThat(verify.out())
        .contains("iss https://writ.example\n")
        .containsPattern("ak_name +AAuE7zpbnlvYO_JlVWmuZecgos0MVUo7w2LO-XVSXDQFPg\n")
        .containsPattern("jkt +-whhbvn9MlRYMHUKoy_vEZepw2b4ZhwOsJ05nz077p4\n")
        .containsPattern("artifact_digest +[0-9a-f]{64}\n");
  }

  @Test
  void verify_withTheBundleOfItsArtifact_isValid() {
    Invocation verify =
        verify(
            EXAMPLE.resolve("ear.jws"),
            DURING,
            "--bundle",
            EXAMPLE.resolve("bundle.json").toString());

    assertThat(verify.status()).as(verify.out()).isEqualTo(ExitStatus.DONE);
  }

  /** The result of somebody else, presented beside one's own artifact. */
  @Test
  void verify_withTheBundleOfAnotherArtifact_isDenied(@TempDir Path folder) throws Exception {
    String bundle = Files.readString(EXAMPLE.resolve("bundle.json"));
    String[] jws = Files.readString(EXAMPLE.resolve("artifact.jws")).strip().split("\\.");
    String claims =
        new String(Base64.getUrlDecoder().decode(jws[1]), StandardCharsets.UTF_8)
            .replace("\"tenant\":\"acme\"", "\"tenant\":\"ecma\"");
    String other =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.getBytes(StandardCharsets.UTF_8));
    Path file = Files.writeString(folder.resolve("other.json"), bundle.replace(jws[1], other));

    Invocation verify = verify(EXAMPLE.resolve("ear.jws"), DURING, "--bundle", file.toString());

    assertThat(verify.status()).as(verify.out()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out())
        .contains("denied: scope_exceeded: the attestation result must be of the artifact")
        .doesNotContain("valid:");
  }

  @Test
  void verify_bundleOfAResult_isAUsageErrorWithoutEar() {
    Invocation verify =
        Invocation.of(
            "verify",
            EXAMPLE.resolve("bundle.json"),
            "--bundle",
            EXAMPLE.resolve("bundle.json"),
            "--trust",
            EXAMPLE.resolve("trust.json"));

    assertThat(verify.status()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void verify_asJson_isOneDocument() {
    Invocation verify = verify(EXAMPLE.resolve("ear.jws"), DURING, "-o", "json");

    assertThat(verify.status()).isEqualTo(ExitStatus.DONE);
    assertThat(verify.out())
        .startsWith("{\"valid\":true,\"checks\":[{\"name\":\"jws_form\",\"outcome\":\"passed\"")
        .contains("\"submods\":{\"host\":{\"status\":\"affirming\"")
        .contains("{\"reason\":\"pcr_bank_live\",\"subject\":\"sha256\",\"claim\":\"executables\"")
        .hasLineCount(1);
  }

  @Test
  void verify_resultPastItsEnd_isDenied() {
    Invocation verify = verify(EXAMPLE.resolve("ear.jws"), "2026-11-02T09:00:00Z");

    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out())
        .contains("denied: expired: not_ended must be: ")
        .doesNotContain("host");
  }

  @Test
  void verify_resultWithAByteChanged_isDenied(@TempDir Path folder) throws Exception {
    String result = Files.readString(EXAMPLE.resolve("ear.jws")).strip();
    int at = result.indexOf('.') + 20;
    String changed =
        result.substring(0, at) + (result.charAt(at) == 'A' ? 'B' : 'A') + result.substring(at + 1);

    Invocation verify = verify(Files.writeString(folder.resolve("ear.jwt"), changed), DURING);

    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out()).contains("denied: signature_invalid: ").contains("not_reached");
  }

  /** Neither passes for the other on the command line. */
  @Test
  void verify_artifactOrBundle_isNoResult_norTheOtherWayRound() {
    for (String file : List.of("artifact.jws", "bundle.json", "status.jws")) {
      Invocation verify = verify(EXAMPLE.resolve(file), DURING);
      assertThat(verify.status()).as(file).isEqualTo(ExitStatus.DENIED);
      assertThat(verify.out()).contains("denied: unverifiable: jws_form must be: ");
    }
    Invocation verify =
        Invocation.of(
            "verify", EXAMPLE.resolve("ear.jws"), "--trust", EXAMPLE.resolve("trust.json"));
    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out()).contains("denied: unverifiable: bundle_form must be: ");
  }

  @Test
  void verify_fileThatIsNotThere_isConfiguration(@TempDir Path folder) {
    assertThat(verify(folder.resolve("none"), DURING).status()).isEqualTo(ExitStatus.CONFIGURATION);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--audience", "--tenant", "--request", "--status"})
  void verify_demandOfAPermission_isAUsageError(String option) {
    Invocation verify = verify(EXAMPLE.resolve("ear.jws"), DURING, option, "x");

    assertThat(verify.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(verify.err()).startsWith("writ: an attestation result is for nobody");
  }

  @Test
  void attest_earOfARequestThatIsOnlyPrinted_isAUsageError() {
    Invocation attest =
        Invocation.of(
            "attest",
            "--ear",
            "f",
            "--print-request",
            "--request",
            "r",
            "--service",
            "http://127.0.0.1:1",
            "--trust",
            EXAMPLE.resolve("trust.json"),
            "--state",
            "d");

    assertThat(attest.status()).isEqualTo(ExitStatus.USAGE);
  }
}
