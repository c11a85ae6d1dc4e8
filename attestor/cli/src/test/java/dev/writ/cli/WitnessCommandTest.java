// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.ChildProcess;
import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteKeyType;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.SignedNote;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ witness} and {@code writ witness init}. */
class WitnessCommandTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;

  @Test
  void witness_madeAndStarted_cosigns_andStopsAtASignal() throws Exception {
    NoteKey key = NoteKey.parse(fact(init("w.example/1"), "vkey"));
    assertThat(key.name()).isEqualTo("w.example/1");
    assertThat(key.type()).isEqualTo(NoteKeyType.COSIGNATURE_V1);
    assertThat(Files.getPosixFilePermissions(folder.resolve("out/witness-key.pem")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    KeyPairNoteSigner log =
        KeyPairNoteSigner.of(
            "log.example", KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
    Path config = config("w.example/1", log.key());
    ChildProcess process =
        ChildProcess.start(
            JavaCommand.ofWrit(folder, List.of("witness", "--config", config.toString())),
            Map.of(),
            folder.resolve("ready"),
            folder.resolve("log"));
    try {
      URI url = awaitUrl(process);
      SignedNote note =
          SignedNote.sign(
              new Checkpoint("log.example", 1, MerkleTree.leafHash(new byte[0])).noteText(), log);
      HttpResponse<String> answer = post(url, AddCheckpoint.of(0, List.of(), note));
      assertThat(answer.statusCode()).isEqualTo(200);
      SignedNote cosigned = SignedNote.parse((note.format() + answer.body()).getBytes(UTF_8));
      assertThat(cosigned.open(List.of(NoteVerifier.of(key))))
          .isInstanceOf(NoteOutcome.Opened.class);
      Invocation second = Invocation.of("witness", "--config", config);
      assertThat(second.status()).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(second.err()).contains("open in one process at a time").hasLineCount(1);
    } finally {
      process.stop(PATIENCE);
    }
    assertThat(process.await(PATIENCE)).as(Files.readString(folder.resolve("log"))).hasValue(0);
  }

  @Test
  void init_folderThatIsTaken_orNameThatIsNone_isRefused() throws Exception {
    assertThat(init("w.example").status()).isZero();
    byte[] key = Files.readAllBytes(folder.resolve("out/witness-key.pem"));
    Invocation again = init("w.example");
    assertThat(again.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(again.err()).contains("must not be a witness's folder yet").hasLineCount(1);
    assertThat(Files.readAllBytes(folder.resolve("out/witness-key.pem"))).isEqualTo(key);
    assertThat(init("w+x").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(init("").status()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void witness_configurationThatIsNotAsItMustBe_stopsInOneSentence() throws Exception {
    assertThat(init("w.example").status()).isZero();
    NoteKey log =
        KeyPairNoteSigner.of(
                "log.example", KeyPairGenerator.getInstance("Ed25519").generateKeyPair())
            .key();
    Path config = config("w.example", log);
    String good = Files.readString(config);
    assertStops(good.replace(log.vkey(), "nonsense"), "logs must be");
    assertStops(good.replace(log.vkey(), log.vkey() + ", " + log.vkey()), "each once");
    assertStops(good.replace("[" + log.vkey() + "]", "[]"), "logs must be");
    assertStops(good.replace("name: w.example", "name: other.example"), "name the key");
    assertStops(good + "surprise: 1\n", "surprise must not be there");
    assertStops(good.replace("127.0.0.1:0", "0.0.0.0:0"), "loopback");
    assertStops(good.replace("folder: out/witness", "folder: out/other"), "writ witness init");
    Files.setPosixFilePermissions(
        folder.resolve("out/witness-key.pem"), PosixFilePermissions.fromString("rw-r-----"));
    assertStops(good, "chmod 600");
    assertThat(Invocation.of("witness").status()).isEqualTo(ExitStatus.USAGE);
  }

  private void assertStops(String configuration, String sentence) throws Exception {
    Path config = Files.writeString(folder.resolve("bad.yaml"), configuration);
    Invocation stopped = Invocation.of("witness", "--config", config);
    assertThat(stopped.status()).as(stopped.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(stopped.err()).contains(sentence).hasLineCount(1);
  }

  private Invocation init(String name) {
    return Invocation.of("witness", "init", "--name", name, "--out", folder.resolve("out"));
  }

  private static String fact(Invocation printed, String name) {
    assertThat(printed.status()).as(printed.err()).isZero();
    return printed
        .out()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length()).strip())
        .findFirst()
        .orElseThrow();
  }

  private Path config(String name, NoteKey log) throws Exception {
    return Files.writeString(
        folder.resolve("witness.yaml"),
        "name: "
            + name
            + "\nkey: out/witness-key.pem\nfolder: out/witness\nlogs: ["
            + log.vkey()
            + "]\nlisten: {http: \"127.0.0.1:0\"}\n");
  }

  private URI awaitUrl(ChildProcess process) throws Exception {
    Path ready = folder.resolve("ready");
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.readString(ready).endsWith("\n")) {
      assertThat(process.isAlive() && System.nanoTime() - end < 0)
          .as(Files.readString(folder.resolve("log")))
          .isTrue();
      Thread.sleep(10);
    }
    return URI.create(Files.readString(ready).strip().replace("ready http=", ""));
  }

  private static HttpResponse<String> post(URI url, AddCheckpoint request) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(url.resolve("/add-checkpoint"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(request.bytes()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }
}
