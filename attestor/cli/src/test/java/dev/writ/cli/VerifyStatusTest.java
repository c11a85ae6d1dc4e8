// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ verify} on the worked example of docs/FORMATS.md, whose trust file has status. */
class VerifyStatusTest {
  private static final Path EXAMPLE =
      Path.of("../../verifier/artifact/src/test/resources/worked-example");
  private static final String DURING = "2026-11-02T08:01:00Z";

  private static Invocation verify(Path bundle, String at, Object... more) {
    Object[] arguments = {"verify", bundle, "--trust", EXAMPLE.resolve("trust.json"), "--at", at};
    Object[] all = new Object[arguments.length + more.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return Invocation.of(all);
  }

  /** The example's bundle as a service gave them out before it had status tokens. */
  private static Path withoutToken(Path folder) throws Exception {
    String bundle = Files.readString(EXAMPLE.resolve("bundle.json"));
    String without = bundle.replaceFirst("\"statusListToken\":\"[^\"]+\",", "");
    assertThat(without).isNotEqualTo(bundle);
    return Files.writeString(folder.resolve("bundle.json"), without);
  }

  @Test
  void verify_bundleWithItsToken_isAllowedAndSaysByWhichToken() {
    Invocation verify = verify(EXAMPLE.resolve("bundle.json"), DURING);

    assertThat(verify.status()).as(verify.out()).isEqualTo(ExitStatus.DONE);
    assertThat(verify.out())
        .containsPattern("passed +governance .*made 2026-11-02T08:00:00Z")
        .containsPattern("passed +policy_epoch ")
        .containsPattern("passed +status .*entry 4711 stands");
  }

  @Test
  void verify_bundleWithoutAToken_isAGovernanceDiscontinuity(@TempDir Path folder)
      throws Exception {
    Invocation verify = verify(withoutToken(folder), DURING);

    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out()).contains("denied: governance_discontinuity");
  }

  @Test
  void verify_tokenGivenBesideTheBundle_isJudgedBy(@TempDir Path folder) throws Exception {
    Path token = folder.resolve("status.jws");
    Files.writeString(token, Files.readString(EXAMPLE.resolve("status.jws")) + "\n");

    Invocation verify = verify(withoutToken(folder), DURING, "--status", token);

    assertThat(verify.status()).as(verify.out()).isEqualTo(ExitStatus.DONE);
    assertThat(verify.out()).containsPattern("passed +status ");
  }

  @Test
  void verify_tokenGivenThatSaysNothing_isDeniedWithItsReason(@TempDir Path folder)
      throws Exception {
    Path garbage = Files.writeString(folder.resolve("garbage"), "e30.e30.e30");

    Invocation verify = verify(EXAMPLE.resolve("bundle.json"), DURING, "--status", garbage);

    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.out()).contains("denied: governance_discontinuity: the status token");
  }

  /** It is denied as any other bytes are; who took one for a bundle is told how it is read. */
  @Test
  void verify_packWithoutTheOption_isNamedForWhatItIs(@TempDir Path folder) throws Exception {
    Path zip = Files.write(folder.resolve("pack.zip"), new byte[] {'P', 'K', 3, 4, 20, 0});

    Invocation verify = verify(zip, DURING);

    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.err())
        .isEqualTo(
            "writ: "
                + zip
                + " is a ZIP, such as an evidence pack, which writ verify --pack reads\n");
  }

  @Test
  void verify_tokenFileThatIsNotThere_isConfiguration(@TempDir Path folder) {
    Invocation verify =
        verify(EXAMPLE.resolve("bundle.json"), DURING, "--status", folder.resolve("none"));

    assertThat(verify.status()).isEqualTo(ExitStatus.CONFIGURATION);
  }
}
