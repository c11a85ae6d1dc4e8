// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * How often a disk makes a page durable: 4 KiB written and fdatasync(2), in a file that is as long as it
 * gets after the warm-up, as a write-ahead log is.
 */
final class FsyncRate implements Contender, AutoCloseable {
  static final String UNIT = "fsyncs/s";
  static final String LINE = "beside/fsync";

  private static final int PAGE_BYTES = 4096;
  private static final int PAGES = 1024;

  private final FileChannel file;
  private final ByteBuffer page = ByteBuffer.allocateDirect(PAGE_BYTES);
  private int next;

  FsyncRate(Path folder) throws IOException {
    this.file =
        FileChannel.open(
            folder.resolve("fsync"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    for (int i = 0; i < PAGES; i++) {
      writePage();
    }
    file.force(true);
  }

  @Override
  public double rate(Duration length) throws Exception {
    return Contender.loop(
            () -> {
              writePage();
              file.force(false);
            })
        .rate(length);
  }

  private void writePage() throws IOException {
    page.clear().putInt(0, next);
    long at = (long) (next % PAGES) * PAGE_BYTES;
    while (page.hasRemaining()) {
      file.write(page, at + page.position());
    }
    next++;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
