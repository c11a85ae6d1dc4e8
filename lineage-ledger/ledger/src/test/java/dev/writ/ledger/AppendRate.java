// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Receipt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Prints how many entries a second the ledger makes durable and answers with a proof, beside the rate
 * at which the folder syncs one page: {@code AppendRate FOLDER SECONDS}. The folder is emptied by the
 * caller.
 */
final class AppendRate {
  /** Entries that are sent together, and how many such groups wait at a time. */
  private static final int GROUP = 256;

  private static final int GROUPS = 16;

  private AppendRate() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    double seconds = Double.parseDouble(args[1]);
    print("beside/fsync", "fsyncs/s", fsyncs(folder, seconds / 4));
    measure(folder.resolve("plain"), "ledger-append/leaf", seconds, ledger -> Samples::entry);
    measure(folder.resolve("issue"), "ledger-append", seconds, Indices::new);
    print("beside/fsync", "fsyncs/s", fsyncs(folder, seconds / 4));
  }

  /** What issuing commits, each with the next status index. */
  private static final class Indices implements Supplier<Entry> {
    private final Ledger ledger;
    private StatusBlock block = new StatusBlock(0, 0, 0);
    private int place;

    Indices(Ledger ledger) {
      this.ledger = ledger;
    }

    @Override
    public Entry get() {
      Instant now = Instant.now();
      if (place == block.size()) {
        block = ledger.reserveStatusBlock(now.plusSeconds(20)).toCompletableFuture().join();
        place = 0;
      }
      return Samples.issue(Samples.nonce(), now.plusSeconds(10), block.index(place++));
    }
  }

  private static void measure(
      Path folder, String name, double seconds, Function<Ledger, Supplier<Entry>> load)
      throws LedgerException {
    try (Ledger ledger =
        Ledger.open(
            SqliteConfig.in(folder),
            Samples.ORIGIN,
            List.of(Samples.p256Signer()),
            InstantSource.system())) {
      Supplier<Entry> entries = load.apply(ledger);
      var unusedWarmUp = run(ledger, seconds / 4, entries);
      print(name, "entries/s", run(ledger, seconds, entries));
    }
  }

  /** Keeps {@link #GROUPS} groups in flight; whatever is not a receipt ends the measurement. */
  private static double run(Ledger ledger, double seconds, Supplier<Entry> entries) {
    Deque<CompletionStage<List<CommitOutcome>>> inFlight = new ArrayDeque<>();
    long start = System.nanoTime();
    long answered = 0;
    while (System.nanoTime() - start < seconds * 1e9) {
      List<Entry> group = new ArrayList<>(GROUP);
      for (int i = 0; i < GROUP; i++) {
        group.add(entries.get());
      }
      inFlight.add(ledger.commit(group));
      if (inFlight.size() == GROUPS) {
        answered += receipts(inFlight.remove());
      }
    }
    while (!inFlight.isEmpty()) {
      answered += receipts(inFlight.remove());
    }
    return answered / ((System.nanoTime() - start) / 1e9);
  }

  private static int receipts(CompletionStage<List<CommitOutcome>> group) {
    List<CommitOutcome> outcomes = group.toCompletableFuture().join();
    for (CommitOutcome outcome : outcomes) {
      if (!(outcome instanceof Receipt)) {
        throw new IllegalStateException("every entry must get a receipt, one got " + outcome);
      }
    }
    return outcomes.size();
  }

  private static double fsyncs(Path folder, double seconds) throws IOException {
    Files.createDirectories(folder);
    Path file = Files.createTempFile(folder, "fsync", "");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long start = System.nanoTime();
      long count = 0;
      while (System.nanoTime() - start < seconds * 1e9) {
        ByteBuffer page = ByteBuffer.allocate(4096);
        while (page.hasRemaining()) {
          channel.write(page);
        }
        channel.force(false);
        count++;
      }
      return count / ((System.nanoTime() - start) / 1e9);
    } finally {
      Files.delete(file);
    }
  }

  private static void print(String name, String unit, double figure) {
    System.out.printf(
        Locale.ROOT, "{\"name\":\"%s\",\"figure\":%.0f,\"unit\":\"%s\"}%n", name, figure, unit);
  }
}
