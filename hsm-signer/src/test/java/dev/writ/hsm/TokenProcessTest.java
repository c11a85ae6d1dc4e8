// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.SoftHsmToken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the next process finds: keys that survive, and tokens that a failure must not destroy. */
class TokenProcessTest {
  private static final List<String> PLAIN = List.of();

  @TempDir Path folder;

  @Test
  void restart_newProcess_findsTheSameKeys() throws Exception {
    try (SoftHsmToken token = SoftHsmToken.create(folder.resolve("hsm"), "writ")) {
      assertThat(probe(token, PLAIN, "init")).isEqualTo("born 6");
      String first = probe(token, PLAIN, "sign");
      assertThat(first).matches("key [A-Za-z0-9+/=]+ true");
      assertThat(probe(token, PLAIN, "sign")).isEqualTo(first);
      assertThat(probe(token, PLAIN, "init")).isEqualTo("exist 6");
    }
  }

  /**
   * RLIMIT_FSIZE stands for the full disk, as it stops root too. SoftHSM 2.6.1 by itself would say
   * CKR_OK and truncate the token's own object at the login.
   */
  @Test
  void fullDisk_neverLogsInAndLeavesTheTokenWhole() throws Exception {
    try (SoftHsmToken token = SoftHsmToken.create(folder.resolve("hsm"), "writ")) {
      byte[] before = tokenObject(token);
      for (String operation : List.of("init", "sign")) {
        assertThat(probe(token, List.of("prlimit", "--fsize=0"), operation))
            .startsWith("TOKEN_FULL - the token's folder " + token.tokens())
            .contains("free space there");
        assertThat(tokenObject(token)).isEqualTo(before);
      }
      assertThat(probe(token, PLAIN, "init")).isEqualTo("born 6");
      assertThat(probe(token, PLAIN, "sign")).endsWith(" true");
    }
  }

  @Test
  void tokenFolder_aFileInItsPlace_isSaidInOneSentence() throws Exception {
    try (SoftHsmToken token = SoftHsmToken.create(folder.resolve("hsm"), "writ")) {
      Path moved = Files.move(token.tokens(), folder.resolve("moved"));
      Files.createFile(token.tokens());
      assertThat(probe(token, PLAIN, "sign"))
          .startsWith("TOKEN_FULL - ")
          .contains("mend the folder or who may write to it");
      Files.delete(token.tokens());
      Files.move(moved, token.tokens());
    }
  }

  @Test
  void tokenFolder_empty_asksForAToken() throws Exception {
    try (SoftHsmToken token = SoftHsmToken.create(folder.resolve("hsm"), "writ")) {
      Path moved = Files.move(token.tokens(), folder.resolve("moved"));
      Files.createDirectory(token.tokens());
      assertThat(probe(token, PLAIN, "sign"))
          .startsWith("TOKEN_UNINITIALISED - ")
          .contains("initialise it with the label \"writ\"");
      Files.delete(token.tokens());
      Files.move(moved, token.tokens());
    }
  }

  @Test
  void configuration_thatSoftHsmRefuses_isNamed() throws Exception {
    try (SoftHsmToken token = SoftHsmToken.create(folder.resolve("hsm"), "writ")) {
      String conf = Files.readString(token.conf());
      Files.writeString(token.conf(), conf.replace("backend = file", "backend = nosuch"));
      assertThat(probe(token, PLAIN, "sign"))
          .startsWith("LIBRARY_UNUSABLE CKR_GENERAL_ERROR ")
          .contains(token.conf().toString());
    }
  }

  @Test
  void jvm_withoutTheProvidersWrapper_namesTheOptions() throws Exception {
    try (SoftHsmToken token = SoftHsmToken.create(folder.resolve("hsm"), "writ")) {
      String pin = token.pinFile().toString();
      assertThatThrownBy(
              () ->
                  ChildProcess.probe(
                      token.environment(), PLAIN, List.of(), "softhsm2", "sign", "writ", pin))
          .hasMessageContaining("IllegalStateException")
          .hasMessageContaining("--add-exports jdk.crypto.cryptoki/sun.security.pkcs11.wrapper");
    }
  }

  @Test
  void fixture_closed_leavesNothing() throws Exception {
    Path hsm = folder.resolve("hsm");
    SoftHsmToken token = SoftHsmToken.create(hsm, "writ");
    assertThat(Files.readString(token.pinFile())).matches("[0-9a-f]{32}\n");
    assertThat(Files.getPosixFilePermissions(token.pinFile())).hasSize(2);
    token.close();
    token.close();
    assertThat(hsm).doesNotExist();
  }

  private static String probe(SoftHsmToken token, List<String> wrapper, String operation)
      throws Exception {
    Map<String, String> environment = token.environment();
    return ChildProcess.probe(
        environment, wrapper, "softhsm2", operation, token.label(), token.pinFile().toString());
  }

  private static byte[] tokenObject(SoftHsmToken token) throws Exception {
    try (Stream<Path> files = Files.walk(token.tokens())) {
      Path object = files.filter(file -> file.endsWith("token.object")).findFirst().orElseThrow();
      return Files.readAllBytes(object);
    }
  }
}
