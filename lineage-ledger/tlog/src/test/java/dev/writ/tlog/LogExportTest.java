// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.writ.tlog.LogExport.Outcome;
import dev.writ.tlog.LogExport.Outcome.Exported;
import dev.writ.tlog.LogExport.Outcome.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogExportTest {
  private static final String ORIGIN = "log.example";
  private static final NoteSigner SIGNER = KeyPairNoteSigner.of(ORIGIN, TestKeys.p256());

  @TempDir Path folder;

  private Outcome export(ServedLog log, int size) throws Exception {
    return export(log, new Checkpoint(ORIGIN, size, root(size)));
  }

  private Outcome export(ServedLog log, Checkpoint checkpoint) throws Exception {
    return LogExport.run(
        log, checkpoint, SignedNote.sign(checkpoint.noteText(), SIGNER), folder, done -> {});
  }

  private static Hash root(int size) {
    return ReferenceTree.mth(ReferenceTree.entries(size));
  }

  private void assertWhole(int size) throws Exception {
    FolderLog log = new FolderLog(folder);
    Checkpoint checkpoint =
        Checkpoint.parse(SignedNote.parse(log.readCheckpoint().orElseThrow()).text());
    assertThat(checkpoint).isEqualTo(new Checkpoint(ORIGIN, size, root(size)));
    List<TreeAudit.Fault> faults = new ArrayList<>();
    TreeAudit.run(
        log,
        size,
        checkpoint.root(),
        new TreeAudit.Listener() {
          @Override
          public void entries(long first, List<byte[]> entries) {}

          @Override
          public void fault(TreeAudit.Fault fault) {
            faults.add(fault);
          }
        });
    assertThat(faults).isEmpty();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 256, 300})
  void export_ofAnySize_isALogByItself(int size) throws Exception {
    assertThat(export(new ServedLog(size), size)).isInstanceOf(Exported.class);
    assertWhole(size);
  }

  @Test
  void export_writes_whatTheFormatNames() throws Exception {
    assertThat(export(new ServedLog(300), 300)).isEqualTo(new Exported(300, 5));
    assertThat(files())
        .containsExactly(
            "checkpoint",
            "export.lock",
            "tile/0/000",
            "tile/0/001.p/44",
            "tile/1/000.p/1",
            "tile/entries/000",
            "tile/entries/001.p/44");
  }

  @Test
  void export_ofALogThatGrew_addsAndKeepsWhatWasThere() throws Exception {
    assertThat(export(new ServedLog(300), 300)).isInstanceOf(Exported.class);
    List<String> before = files();
    ServedLog grown = new ServedLog(700);
    // What is there is not asked for again.
    grown.lose("tile/0/000");
    grown.lose("tile/entries/000");
    assertThat(export(grown, 700)).isInstanceOf(Exported.class);
    assertWhole(700);
    assertThat(files()).containsAll(before);
    assertThat(export(new ServedLog(700), 700)).isEqualTo(new Exported(700, 0));
  }

  @Test
  void export_cutOff_goesOnWhereItWas() throws Exception {
    ServedLog cut = new ServedLog(700);
    cut.damage(
        "tile/entries/001",
        bytes -> {
          throw new IllegalStateException("the process ends");
        });
    assertThatThrownBy(() -> export(cut, 700)).hasMessage("the process ends");
    assertThat(files()).containsExactly("export.lock", "tile/entries/000");
    // What such an end leaves beside a file's place is nobody's.
    Files.write(folder.resolve("tile/entries/001.tmp"), new byte[] {1});
    assertThat(export(new ServedLog(700), 700)).isInstanceOf(Exported.class);
    assertWhole(700);
    assertThat(files()).noneMatch(name -> name.endsWith(".tmp"));
  }

  @Test
  void folder_thatAnotherExportWrites_isLeftToIt() throws Exception {
    ServedLog slow = new ServedLog(300);
    List<Throwable> refused = new ArrayList<>();
    slow.damage(
        "tile/entries/000",
        bytes -> {
          refused.add(catchThrowable(() -> export(new ServedLog(700), 700)));
          return Optional.of(bytes);
        });
    assertThat(export(slow, 300)).isInstanceOf(Exported.class);
    assertThat(refused)
        .singleElement()
        .asString()
        .contains("must be written by one export at a time");
    assertWhole(300);
    assertThat(export(new ServedLog(700), 700)).isInstanceOf(Exported.class);
    assertWhole(700);
  }

  @Test
  void checkpoint_thatCameMeanwhile_isNotReplacedByAnOlderOne() throws Exception {
    ServedLog slow = new ServedLog(300);
    Checkpoint newer = new Checkpoint(ORIGIN, 700, root(700));
    byte[] note = SignedNote.sign(newer.noteText(), SIGNER).bytes();
    slow.damage(
        "tile/entries/000",
        bytes -> {
          // By one that knows of no lock.
          assertThatCode(() -> Files.write(folder.resolve("checkpoint"), note))
              .doesNotThrowAnyException();
          return Optional.of(bytes);
        });
    assertThat(export(slow, 300))
        .isInstanceOfSatisfying(
            Refused.class, found -> assertThat(found.reason()).contains("the 700 leaves"));
    assertThat(folder.resolve("checkpoint")).hasBinaryContent(note);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tile/entries/000", "tile/0/001.p/44", "tile/1/000.p/1"})
  void file_thatIsAnother_isNotWrittenOver(String name) throws Exception {
    assertThat(export(new ServedLog(300), 300)).isInstanceOf(Exported.class);
    byte[] other = Files.readAllBytes(folder.resolve(name));
    other[9] ^= 1;
    Files.write(folder.resolve(name), other);
    assertThat(export(new ServedLog(300), 300)).isInstanceOf(Refused.class);
    assertThat(Files.readAllBytes(folder.resolve(name))).isEqualTo(other);
  }

  @Test
  void log_thatIsDamaged_leavesNoCheckpoint() throws Exception {
    ServedLog log = new ServedLog(300);
    log.flip("tile/entries/001.p/44", 3);
    assertThat(export(log, 300))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).contains("entry 256"));
    assertThat(folder.resolve("checkpoint")).doesNotExist();
  }

  @Test
  void checkpoint_thatDoesNotContinueTheFolders_isRefused() throws Exception {
    assertThat(export(new ServedLog(300), 300)).isInstanceOf(Exported.class);
    assertThat(export(new ServedLog(200), 200))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).contains("has 200"));
    Checkpoint other = new Checkpoint("other.example", 300, root(300));
    assertThat(export(new ServedLog(300), other)).isInstanceOf(Refused.class);
    Checkpoint forked = new Checkpoint(ORIGIN, 300, Flips.flip(root(300), 1));
    SignedNote note = SignedNote.sign(forked.noteText(), SIGNER);
    Files.write(folder.resolve("checkpoint"), note.bytes());
    assertThat(export(new ServedLog(300), 300))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).contains("it was forked"));
    assertThat(new FolderLog(folder).readCheckpoint()).hasValue(note.bytes());
  }
}
