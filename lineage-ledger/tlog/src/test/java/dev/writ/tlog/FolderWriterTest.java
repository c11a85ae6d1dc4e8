// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderWriterTest {
  private static final String NAME = "tile/0/x001/234";

  @TempDir Path folder;

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .toList();
    }
  }

  @Test
  void file_thatIsAdded_isThereAloneAndStaysAsItIs() throws Exception {
    FolderWriter writer = new FolderWriter(folder);
    assertThat(writer.add(NAME, new byte[] {1, 2})).isTrue();
    assertThat(writer.add(NAME, new byte[] {1, 2})).isTrue();
    assertThat(writer.add(NAME, new byte[] {1, 3})).isFalse();
    assertThat(writer.add(NAME, new byte[] {1})).isFalse();
    writer.settle();
    assertThat(Files.readAllBytes(folder.resolve(NAME))).containsExactly(1, 2);
    assertThat(files()).containsExactly(NAME);
    writer.replace(NAME, new byte[] {5});
    assertThat(Files.readAllBytes(folder.resolve(NAME))).containsExactly(5);
    assertThat(files()).containsExactly(NAME);
  }

  /** Each writes other bytes: one is first, and everybody else is told that it is not theirs. */
  @Test
  void file_thatManyAddAtOnce_isOnes() throws Exception {
    int writers = 4;
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try {
      for (int file = 0; file < 20; file++) {
        String name = NAME + file;
        List<Callable<Boolean>> tasks = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
          byte[] own = new byte[] {(byte) i};
          FolderWriter writer = new FolderWriter(folder);
          tasks.add(() -> writer.add(name, own));
        }
        int won = 0;
        for (Future<Boolean> task : threads.invokeAll(tasks)) {
          won += task.get() ? 1 : 0;
        }
        assertThat(won).isEqualTo(1);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(files()).hasSize(20);
  }

  @Test
  void folder_thatWasTakenAway_isMadeAgainOrTold() throws Exception {
    FolderWriter writer = new FolderWriter(folder);
    assertThat(writer.add(NAME, new byte[] {1})).isTrue();
    Path elsewhere = folder.resolve("elsewhere");
    Files.move(folder.resolve("tile"), elsewhere);
    assertThatThrownBy(() -> writer.add(NAME, new byte[] {1})).isInstanceOf(IOException.class);
    assertThat(writer.add(NAME, new byte[] {1})).isTrue();
    Files.writeString(folder.resolve("file"), "no folder");
    assertThatThrownBy(() -> writer.add("file/0", new byte[] {1})).isInstanceOf(IOException.class);
  }
}
