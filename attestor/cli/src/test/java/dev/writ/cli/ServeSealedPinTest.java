// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code writ serve} whose PIN lies nowhere but sealed to its host: a SoftHSM token, a simulated TPM. */
class ServeSealedPinTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private Path folder;
  private SwtpmHost host;
  private DemoService.Born born;
  private Path config;
  private String pin = "";

  /** What a process printed, and how it ended. */
  private record Ended(int status, String out, String err) {}

  @BeforeEach
  void start() throws Exception {
    // The simulator's Unix sockets lie in it: the path must stay short.
    folder = Files.createTempDirectory("writ-sealed-pin-");
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    host = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), maker);
    born = DemoService.birth(folder.resolve("service"));
    Path plain = DemoService.configure(born, maker, Map.of(), folder);
    config =
        Files.writeString(
            plain,
            Files.readString(plain)
                .replace(
                    "pin_file: token/writ-demo.pin",
                    "sealed_pin: sealed-pin.json\n  tpm: \"" + host.tcti() + "\""));
    pin = Files.readString(born.token().pinFile()).strip();
    assertThat(seal("--pin-file", born.token().pinFile().toString()).status())
        .isEqualTo(ExitStatus.DONE);
    // From now on the host's TPM alone can tell it.
    Files.delete(born.token().pinFile());
  }

  @AfterEach
  void stop() throws Exception {
    host.close();
    TestFolders.remove(folder);
  }

  @Test
  void serve_inTheApprovedState_startsAndShowsThePinNowhere() throws Exception {
    Ended check = serve("--check");
    assertThat(check.status()).as(check.err()).isEqualTo(ExitStatus.DONE);

    ChildProcess process = startServing();
    try {
      for (String shown : List.of("cmdline", "environ")) {
        assertThat(
                new String(
                    Files.readAllBytes(Path.of("/proc", Long.toString(process.pid()), shown)),
                    StandardCharsets.ISO_8859_1))
            .isNotEmpty()
            .doesNotContain(pin);
      }
      Invocation quote =
          Invocation.of(
              "keys",
              "start-quote",
              "--socket",
              born.folder().resolve("operator.sock"),
              "--trust",
              born.folder().resolve("keys").resolve(KeyBirth.TRUST_FILE));
      assertThat(quote.status()).as(quote.err()).isEqualTo(ExitStatus.DONE);
      assertThat(quote.out()).containsPattern("evidence +holds");
    } finally {
      process.stop(PATIENCE);
    }
    assertThat(process.await(PATIENCE)).contains(ExitStatus.DONE);
    assertThat(log()).doesNotContain(pin);
  }

  /** Each login takes the PIN from the host as it is then, not as it was at the start. */
  @Test
  void serve_thatLosesItsTokenInAChangedState_logsInOnceThatIsApproved() throws Exception {
    ChildProcess process = startServing();
    try {
      extend();
      Path away = folder.resolve("tokens-taken-away");
      Files.move(born.token().tokens(), away);
      awaitInLog(process, "\"token_lost\"");
      Files.move(away, born.token().tokens());
      awaitInLog(process, "PIN_SEALED");
      assertThat(log()).contains("PCR sha256:4").doesNotContain("token_connected");

      assertThat(seal("--renew").status()).isEqualTo(ExitStatus.DONE);
      awaitInLog(process, "\"token_connected\"");
    } finally {
      process.stop(PATIENCE);
    }
    assertThat(log()).doesNotContain(pin);
  }

  @Test
  void serve_afterAPcrChanged_endsAndNamesItUntilItIsApproved() throws Exception {
    extend();

    Ended refused = serve();

    assertThat(refused.status()).as(refused.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err())
        .startsWith("writ: token: the PIN in ")
        .contains("stays sealed", "PCR sha256:4", "writ keys seal-pin --renew")
        .doesNotContain(pin)
        .hasLineCount(1);

    assertThat(seal("--renew").status()).isEqualTo(ExitStatus.DONE);
    Ended check = serve("--check");
    assertThat(check.status()).as(check.err()).isEqualTo(ExitStatus.DONE);
  }

  private void extend() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti())) {
      tpm.extendPcr(4, PcrBank.SHA256, new byte[32]);
    }
  }

  /** A service that is ready; what it logs is appended to {@link #log()}. */
  private ChildProcess startServing() throws Exception {
    Path ready = Files.createFile(folder.resolve("ready"));
    ChildProcess process =
        ChildProcess.start(
            JavaCommand.ofWrit(
                born.folder().resolve("tmp"), List.of("serve", "--config", config.toString())),
            born.token().environment(),
            ready,
            folder.resolve("log"));
    boolean started = false;
    try {
      await(process, () -> Files.readString(ready).startsWith("ready "));
      started = true;
      return process;
    } finally {
      if (!started) {
        process.kill();
      }
    }
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private void awaitInLog(ChildProcess process, String words) throws Exception {
    await(process, () -> log().contains(words));
  }

  private void await(ChildProcess process, Condition condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (!process.isAlive() || System.nanoTime() - end >= 0) {
        throw new AssertionError("it did not come to that: " + log());
      }
      Thread.sleep(10);
    }
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  private Invocation seal(String... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "keys",
                "seal-pin",
                "--tpm",
                host.tcti(),
                "--approver-key",
                born.folder().resolve("keys").resolve(KeyBirth.OPERATOR_KEY),
                "--out",
                born.folder().resolve("sealed-pin.json")));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  private Ended serve(String... more) throws Exception {
    List<String> words = new ArrayList<>(List.of("serve", "--config", config.toString()));
    words.addAll(List.of(more));
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ChildProcess process =
        ChildProcess.start(
            JavaCommand.ofWrit(born.folder().resolve("tmp"), words),
            born.token().environment(),
            out,
            err);
    int status =
        process.await(PATIENCE).orElseThrow(() -> new AssertionError("it did not end by itself"));
    return new Ended(status, Files.readString(out), Files.readString(err));
  }
}
