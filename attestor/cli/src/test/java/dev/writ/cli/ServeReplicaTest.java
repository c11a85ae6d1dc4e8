// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftHsmToken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code writ serve} with a second token. */
@Tag("own-jvm")
class ServeReplicaTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private Path folder;
  private DemoService.Born born;
  private Path config;

  @BeforeEach
  void start() throws Exception {
    folder = Files.createTempDirectory("writ-replica-");
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    born = DemoService.birth(folder.resolve("service"));
    config = DemoService.configure(born, maker, Map.of(), folder);
  }

  @AfterEach
  void stop() throws Exception {
    TestFolders.remove(folder);
  }

  @Test
  void serve_withAReplica_listsTheKeysAsReplicated() throws Exception {
    SoftHsmToken replica = born.token().replicate("writ-demo-2");
    name("{label: " + replica.label() + "}");
    Path ready = folder.resolve("ready");
    ChildProcess process = writ(ready, folder.resolve("log"), serve());
    try {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!Files.readString(ready).startsWith("ready ")) {
        assertThat(process.isAlive() && System.nanoTime() - end < 0)
            .as(Files.readString(folder.resolve("log")))
            .isTrue();
        Thread.sleep(10);
      }
      Invocation list =
          Invocation.of("keys", "list", "--socket", born.folder().resolve("operator.sock"));
      assertThat(list.status()).as(list.err()).isEqualTo(ExitStatus.DONE);
      assertThat(list.out().lines().findFirst().orElseThrow())
          .containsSubsequence("STORAGE", "LABEL", "REPLICATED");
      assertThat(list.out().lines().skip(1))
          .hasSize(6)
          .allSatisfy(line -> assertThat(line).contains(" token ").endsWith("yes"));
    } finally {
      process.stop(PATIENCE);
    }
    assertThat(Files.readString(folder.resolve("log"))).doesNotContain("replica_lacks_key");
  }

  @Test
  void serve_withAReplicaOfOtherKeys_endsAndNamesKeyAndTokens() throws Exception {
    SoftHsmToken stranger = SoftHsmToken.create(born.folder().resolve("token"), "stranger");
    assertThat(
            ended(
                    List.of(
                        "keys",
                        "init",
                        "--token",
                        stranger.label(),
                        "--pin-file",
                        stranger.pinFile().toString(),
                        "--issuer",
                        "https://stranger.example",
                        "--out",
                        folder.resolve("stranger").toString()))
                .status())
        .isEqualTo(ExitStatus.DONE);
    name("{label: stranger, pin_file: " + stranger.pinFile() + "}");
    Invocation refused = ended(serve());
    assertThat(refused.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(refused.err())
        .contains("the replica \"stranger\" must have the key")
        .contains("of the token \"writ-demo\", and has another of these names")
        .hasLineCount(1);
  }

  private void name(String replica) throws Exception {
    String pin = "  pin_file: token/writ-demo.pin\n";
    Files.writeString(
        config, Files.readString(config).replace(pin, pin + "  replica: " + replica + "\n"));
  }

  private List<String> serve() {
    return List.of("serve", "--config", config.toString());
  }

  private Invocation ended(List<String> words) throws Exception {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    int status =
        writ(out, err, words)
            .await(PATIENCE)
            .orElseThrow(() -> new AssertionError("it did not end by itself"));
    return new Invocation(status, Files.readString(out), Files.readString(err));
  }

  private ChildProcess writ(Path out, Path err, List<String> words) throws Exception {
    return ChildProcess.start(
        JavaCommand.ofWrit(born.folder().resolve("tmp"), words),
        born.token().environment(),
        out,
        err);
  }
}
