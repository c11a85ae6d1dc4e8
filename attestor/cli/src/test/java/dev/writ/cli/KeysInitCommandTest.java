// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.TrustFile;
import dev.writ.fixtures.SoftHsmToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ keys init} on real tokens: each test has its own, all made before the first is opened. */
class KeysInitCommandTest {
  private static SoftHsmToken born;
  private static SoftHsmToken twice;
  private static SoftHsmToken wrongPin;
  private static SoftHsmToken taken;
  private static SoftHsmToken untouched;

  @TempDir Path out;

  @BeforeAll
  static void makeTokens() throws Exception {
    born = SoftHsmToken.inEnvironment("born");
    twice = SoftHsmToken.inEnvironment("twice");
    wrongPin = SoftHsmToken.inEnvironment("wrong-pin");
    taken = SoftHsmToken.inEnvironment("taken");
    untouched = SoftHsmToken.inEnvironment("untouched");
  }

  @AfterAll
  static void removeTokens() throws Exception {
    TestFolders.remove(SoftHsmToken.environmentFolder());
  }

  @Test
  void init_freshToken_makesKeysAndTrustFile() throws Exception {
    Invocation init = init(born, born.pinFile());
    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    TrustFile trust = TrustFile.parse(Files.readAllBytes(out.resolve("trust.json")));
    assertThat(trust.content().version()).isEqualTo(1);
    assertThat(trust.content().issuer()).isEqualTo("https://writ.example");
    assertThat(trust.content().status()).isEmpty();
    assertThat(init.out()).contains("trust_sha256     " + trust.digest().hex());
    assertThat(Files.getPosixFilePermissions(out.resolve("operator-key.pem")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void init_tokenThatHasKeys_overwritesNothing(@TempDir Path second) throws Exception {
    assertThat(init(twice, twice.pinFile()).status()).isEqualTo(ExitStatus.DONE);
    Invocation again = initTo(second, twice, twice.pinFile());
    assertThat(again.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(again.err())
        .contains("must have none of the service's keys yet")
        .contains("writ-issuer")
        .hasLineCount(1);
    assertThat(listOf(second)).isEmpty();
  }

  @Test
  void init_wrongPin_stopsWithOneSentenceAndLeavesNoFile(@TempDir Path pins) throws Exception {
    Path pin = pins.resolve("pin");
    Files.createFile(
        pin, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(pin, "00000000\n");
    Invocation init = init(wrongPin, pin);
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("CKR_PIN_INCORRECT").doesNotContain("00000000").hasLineCount(1);
    assertThat(listOf(out)).isEmpty();
  }

  @Test
  void init_missingPinFile_saysWhatToDo(@TempDir Path pins) throws Exception {
    Invocation init = init(born, pins.resolve("none"));
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("mode 600").hasLineCount(1);
  }

  @Test
  void init_missingToken_saysWhatToDo() {
    Invocation init =
        Invocation.of(
            "keys",
            "init",
            "--token",
            "nobody",
            "--pin-file",
            born.pinFile(),
            "--issuer",
            "https://writ.example",
            "--out",
            out);
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("nobody").hasLineCount(1);
  }

  @Test
  void init_folderWithATrustFile_overwritesNothingAndMakesNoKey() throws Exception {
    Files.writeString(out.resolve("trust.json"), "mine");
    Invocation init = init(taken, taken.pinFile());
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("must not exist yet").hasLineCount(1);
    assertThat(Files.readString(out.resolve("trust.json"))).isEqualTo("mine");
    assertThat(listOf(out)).containsExactly(out.resolve("trust.json"));
  }

  @Test
  void init_folderThatIsAFile_isAConfigurationError(@TempDir Path other) throws Exception {
    Path file = Files.writeString(other.resolve("file"), "");
    Invocation init = initTo(file.resolve("below"), taken, taken.pinFile());
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err())
        .contains("--out must be a folder that this user can write to")
        .hasLineCount(1);
  }

  @Test
  void init_namesThatNoArtifactCanHold_areUsageErrorsAndMakeNoKey(@TempDir Path second) {
    for (String[] names :
        List.of(
            new String[] {"https://writ.example", "a+b"},
            new String[] {"https://writ.example", "a b"},
            new String[] {"https://writ.example/ü", "log"},
            new String[] {"ftp://writ.example", "log"},
            new String[] {"https:nothing", "log"})) {
      Invocation init =
          Invocation.of(
              "keys",
              "init",
              "--token",
              untouched.label(),
              "--pin-file",
              untouched.pinFile(),
              "--issuer",
              names[0],
              "--origin",
              names[1],
              "--out",
              second);
      assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.USAGE);
    }
    assertThat(initTo(out, untouched, untouched.pinFile()).status()).isEqualTo(ExitStatus.DONE);
  }

  @Test
  void init_withoutItsOptions_isAUsageError() {
    assertThat(Invocation.of("keys", "init").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("keys").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("nonsense").status()).isEqualTo(ExitStatus.USAGE);
  }

  private Invocation init(SoftHsmToken token, Path pin) {
    return initTo(out, token, pin);
  }

  private static Invocation initTo(Path out, SoftHsmToken token, Path pin) {
    return Invocation.of(
        "keys",
        "init",
        "--token",
        token.label(),
        "--pin-file",
        pin,
        "--issuer",
        "https://writ.example",
        "--out",
        out);
  }

  private static List<Path> listOf(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
