// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLogTest {
  @TempDir Path folder;

  @Test
  void files_byTheirPaths_areRead() throws Exception {
    FolderLog log = new FolderLog(folder);
    TilePath tile = TilePath.parse("tile/0/x001/000.p/3");
    EntryBundlePath bundle = EntryBundlePath.parse("tile/entries/x001/000");
    assertThat(log.readCheckpoint()).isEmpty();
    assertThat(log.readTile(tile)).isEmpty();
    assertThat(log.readEntryBundle(bundle)).isEmpty();
    write("checkpoint", 1);
    write("tile/0/x001/000.p/3", 2);
    write("tile/entries/x001/000", 3);
    assertThat(log.readCheckpoint()).hasValue(new byte[1]);
    assertThat(log.readTile(tile)).hasValue(new byte[2]);
    assertThat(log.readEntryBundle(bundle)).hasValue(new byte[3]);
  }

  @Test
  void file_longerThanItsFormat_isReadNoFurther() throws Exception {
    write("tile/0/000", 1_000_000);
    assertThat(new FolderLog(folder).readTile(TilePath.parse("tile/0/000")).orElseThrow())
        .hasSize(TiledLog.MAX_TILE_BYTES + 1);
  }

  @Test
  void folderInAFilesPlace_isAFailure() throws Exception {
    Files.createDirectories(folder.resolve("tile/0/000"));
    assertThatThrownBy(() -> new FolderLog(folder).readTile(TilePath.parse("tile/0/000")))
        .isInstanceOf(IOException.class);
  }

  private void write(String name, int bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[bytes]);
  }
}
