// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Leaves a log of several tiles in {@code target/foreign-log} for readers that are not ours, which {@code
 * ci/interop} has look at it:
 *
 * <pre>
 * vkey   the log's verifier key
 * older  a checkpoint of its first 300 leaves
 * log    its files, of 700 leaves
 * </pre>
 */
class ForeignLogTest {
  private static final String ORIGIN = "log.example/foreign";
  private static final Path FOLDER = Path.of("target", "foreign-log");

  @Test
  void log_forForeignReaders_isLeftWhole() throws Exception {
    remove(FOLDER);
    NoteSigner signer =
        KeyPairNoteSigner.of(ORIGIN, KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
    Files.createDirectories(FOLDER);
    Files.write(FOLDER.resolve("older"), export(300, signer).bytes());
    assertThat(export(700, signer).signatures()).hasSize(1);
    Files.writeString(FOLDER.resolve("vkey"), signer.key().vkey(), StandardCharsets.US_ASCII);
    VerifiedTiles tiles =
        new VerifiedTiles(new FolderLog(FOLDER.resolve("log")), 700, new ServedLog(700).root());
    assertThat(tiles.entries(2)).hasSize(188);
  }

  private static SignedNote export(int size, NoteSigner signer) throws Exception {
    ServedLog log = new ServedLog(size);
    Checkpoint checkpoint = new Checkpoint(ORIGIN, size, log.root());
    SignedNote note = SignedNote.sign(checkpoint.noteText(), signer);
    assertThat(LogExport.run(log, checkpoint, note, FOLDER.resolve("log"), done -> {}))
        .isInstanceOf(LogExport.Outcome.Exported.class);
    return note;
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
        for (Path file : all) {
          Files.delete(file);
        }
      }
    }
  }
}
