// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.JTI;
import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Seen.UseOutcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses on disk: crashes, corruption, forgetting, bounds, full disks and races of processes. */
class UseFileTest {
  private static final int HEADER = 20;
  private static final int RECORD = 28;

  @TempDir Path parent;
  private Instant now = NOW;

  private Path folder() {
    return parent.resolve("seen");
  }

  private Path file() {
    return folder().resolve("uses");
  }

  private SeenOnDisk seen() throws IOException {
    return SeenOnDisk.open(folder(), () -> now);
  }

  private SeenOnDisk seen(int mostRecords) throws IOException {
    return SeenOnDisk.open(folder(), () -> now, mostRecords);
  }

  private static UuidV7 jti(int number) {
    return new UuidV7(new UUID(0x019a43157d007000L, 0x8000000000000000L | number));
  }

  private static void assertUse(Seen seen, UuidV7 jti, Instant end, UseOutcome expected) {
    assertThat(seen.recordUse(jti, 1, end)).isEqualTo(expected);
  }

  /** A memory of {@code count} artifacts that were used once and end at {@code end}. */
  private void fill(int count, Instant end) throws IOException {
    // The disk is not asked for each: what is tested comes after.
    Seen seen = seen();
    assertUse(seen, jti(0), end, UseOutcome.RECORDED);
    ByteBuffer content = ByteBuffer.allocate(HEADER + count * RECORD);
    byte[] begun = Files.readAllBytes(file());
    content.put(begun, 0, HEADER);
    for (int i = 0; i < count; i++) {
      int start = content.position();
      content.putLong(jti(i).value().getMostSignificantBits());
      content.putLong(jti(i).value().getLeastSignificantBits());
      content.putLong(end.toEpochMilli());
      CRC32C sum = new CRC32C();
      sum.update(ByteBuffer.allocate(4).putInt(i).flip());
      sum.update(content.array(), start, RECORD - 4);
      content.putInt((int) sum.getValue());
    }
    assertThat(content.array()).startsWith(begun);
    Path written = Files.write(file(), content.array());
    assertThat(written).hasSize(HEADER + (long) count * RECORD);
  }

  @Test
  void record_cutAtEachByte_losesNoneBeforeIt() throws IOException {
    Seen first = seen();
    for (int i = 0; i < 3; i++) {
      assertUse(first, jti(i), NOW, UseOutcome.RECORDED);
    }
    byte[] whole = Files.readAllBytes(file());
    assertThat(whole).hasSize(HEADER + 3 * RECORD);

    for (int length = HEADER + 2 * RECORD; length < whole.length; length++) {
      Path cut = Files.write(file(), Arrays.copyOf(whole, length));
      Seen seen = seen();
      assertUse(seen, jti(0), NOW, UseOutcome.EXHAUSTED);
      assertUse(seen, jti(1), NOW, UseOutcome.EXHAUSTED);
      assertThat(cut).hasSize(length);
      assertUse(seen, jti(2), NOW, UseOutcome.RECORDED);
      assertThat(cut).hasBinaryContent(whole);
    }
  }

  @Test
  void record_partOfOneAfterTheLast_isCutOff() throws IOException {
    assertUse(seen(), jti(0), NOW, UseOutcome.RECORDED);
    byte[] whole = Files.readAllBytes(file());
    Path torn = Files.write(file(), Arrays.copyOf(whole, whole.length + RECORD - 1));

    assertUse(seen(), jti(1), NOW, UseOutcome.RECORDED);

    assertThat(torn).hasSize(HEADER + 2 * RECORD);
    assertUse(seen(), jti(0), NOW, UseOutcome.EXHAUSTED);
  }

  @Test
  void file_anyByteChanged_unavailableAndSaid() throws IOException {
    SeenOnDisk seen = seen();
    for (int i = 0; i < 3; i++) {
      assertUse(seen, jti(i), NOW, UseOutcome.RECORDED);
    }
    byte[] whole = Files.readAllBytes(file());

    for (int at = 0; at < whole.length; at++) {
      byte[] changed = whole.clone();
      changed[at] ^= 0x04;
      Path written = Files.write(file(), changed);
      assertUse(seen, jti(9), NOW, UseOutcome.UNAVAILABLE);
      assertUse(seen, jti(0), NOW, UseOutcome.UNAVAILABLE);
      assertThat(written).hasBinaryContent(changed);
      String what = at < HEADER ? "the header" : "record " + (at - HEADER) / RECORD;
      assertThatThrownBy(this::seen)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(what)
          .hasMessageContaining("a use may be hidden");
    }
  }

  @Test
  void file_recordsSwappedOrRemoved_unavailable() throws IOException {
    SeenOnDisk seen = seen();
    for (int i = 0; i < 3; i++) {
      assertUse(seen, jti(i), NOW, UseOutcome.RECORDED);
    }
    byte[] whole = Files.readAllBytes(file());
    byte[] without = Arrays.copyOf(whole, whole.length - RECORD);
    System.arraycopy(whole, HEADER + 2 * RECORD, without, HEADER + RECORD, RECORD);
    Path written = Files.write(file(), without);

    assertThat(written).hasSize(HEADER + 2 * RECORD);
    assertUse(seen, jti(1), NOW, UseOutcome.UNAVAILABLE);
  }

  @Test
  void file_headerCut_unavailable() throws IOException {
    SeenOnDisk seen = seen();
    byte[] whole = Files.readAllBytes(file());
    for (int length = 0; length < HEADER; length++) {
      Path cut = Files.write(file(), Arrays.copyOf(whole, length));
      assertUse(seen, JTI, NOW, UseOutcome.UNAVAILABLE);
      assertThat(cut).hasSize(length);
    }
  }

  @Test
  void file_gone_unavailableAndNotBegunAgain() throws IOException {
    SeenOnDisk seen = seen();
    assertUse(seen, JTI, NOW, UseOutcome.RECORDED);
    Files.delete(file());

    assertUse(seen, JTI, NOW, UseOutcome.UNAVAILABLE);
    assertThatThrownBy(this::seen).isInstanceOf(IOException.class).hasMessageContaining("uses");
  }

  @Test
  void open_diedBetweenItsFiles_goesOn() throws IOException {
    assertUse(seen(), JTI, NOW, UseOutcome.RECORDED);
    Files.delete(folder().resolve("format"));

    assertUse(seen(), JTI, NOW, UseOutcome.EXHAUSTED);
  }

  @Test
  void forgetting_endedADayAgo_goAndTheOthersStay() throws IOException {
    int many = UseFile.WORTH_FORGETTING;
    fill(many, NOW);
    now = NOW.plus(SeenOnDisk.MARGIN);
    Instant later = NOW.plusMillis(1);
    assertUse(seen(), jti(many), later, UseOutcome.RECORDED);

    assertThat(file()).hasSize(HEADER + RECORD);
    assertUse(seen(), jti(many), later, UseOutcome.EXHAUSTED);
    now = NOW;
    assertUse(seen(), jti(0), NOW, UseOutcome.UNAVAILABLE);
    assertUse(seen(), jti(many + 1), NOW, UseOutcome.UNAVAILABLE);
    assertUse(seen(), jti(many + 1), later, UseOutcome.RECORDED);
  }

  @Test
  void forgetting_withinTheMargin_nothingGoes() throws IOException {
    int many = UseFile.WORTH_FORGETTING;
    fill(many, NOW);
    now = NOW.plus(SeenOnDisk.MARGIN).minusMillis(1);

    assertUse(seen(), jti(many), NOW, UseOutcome.RECORDED);

    assertThat(file()).hasSize(HEADER + (many + 1L) * RECORD);
    assertUse(seen(), jti(many - 1), NOW, UseOutcome.EXHAUSTED);
  }

  @Test
  void forgetting_clockThatWasYearsAhead_locksOutNoNewArtifact() throws IOException {
    int many = UseFile.WORTH_FORGETTING;
    fill(many, NOW);
    now = NOW.plus(Duration.ofDays(3650));
    assertUse(seen(), jti(many), NOW, UseOutcome.UNAVAILABLE);
    now = NOW;

    assertUse(seen(), jti(many), NOW.plusSeconds(300), UseOutcome.RECORDED);
  }

  @Test
  void forgetting_horizon_neverGoesBack() throws IOException {
    int many = UseFile.WORTH_FORGETTING;
    fill(many, NOW);
    now = NOW.plus(Duration.ofDays(2));
    assertUse(seen(), jti(many), now, UseOutcome.RECORDED);
    for (int i = 0; i < 2; i++) {
      assertUse(seen(many), jti(many + 1 + i), NOW.minusSeconds(5), UseOutcome.UNAVAILABLE);
    }

    assertUse(seen(), jti(0), NOW, UseOutcome.UNAVAILABLE);
  }

  @Test
  void record_beyondTheMost_unavailableUntilSomeMayBeForgotten() throws IOException {
    SeenOnDisk seen = seen(3);
    for (int i = 0; i < 3; i++) {
      assertUse(seen, jti(i), NOW.plusSeconds(i), UseOutcome.RECORDED);
    }
    assertUse(seen, jti(3), NOW.plusSeconds(60), UseOutcome.UNAVAILABLE);
    assertUse(seen, jti(2), NOW.plusSeconds(2), UseOutcome.EXHAUSTED);

    now = NOW.plus(SeenOnDisk.MARGIN);
    assertUse(seen, jti(3), NOW.plusSeconds(60), UseOutcome.RECORDED);
    assertUse(seen, jti(1), NOW.plusSeconds(1), UseOutcome.EXHAUSTED);
    assertThat(file()).hasSize(HEADER + 3 * RECORD);
  }

  @Test
  void record_fileTooLongToAppend_unavailableAndAsItWas() throws Exception {
    // One whole record fits under the limit of 64 KiB, and a part of the next.
    int fits = (64 * 1024 - HEADER) / RECORD;
    fill(fits - 1, NOW);

    assertThat(usedUnderLimit(jti(fits - 1))).isEqualTo("RECORDED");
    byte[] before = Files.readAllBytes(file());
    assertThat(64 * 1024 - before.length).isPositive().isLessThan(RECORD);
    assertThat(usedUnderLimit(jti(fits))).isEqualTo("UNAVAILABLE");
    assertThat(file()).hasBinaryContent(before);
    assertThat(usedUnderLimit(jti(fits - 1))).isEqualTo("EXHAUSTED");
  }

  private String usedUnderLimit(UuidV7 jti) throws Exception {
    return UsingProcess.underFileLimit(64, folder(), jti, NOW);
  }

  @Test
  void open_fileSystemFull_saysSo() throws Exception {
    assertThat(UsingProcess.underFileLimit(16, folder(), JTI, NOW))
        .startsWith("refused: ")
        .contains("has room for 64 KiB, and is not");
  }

  @Test
  void record_fourProcessesForTheLastUse_oneIsRecorded() throws Exception {
    List<String> outcomes = UsingProcess.race(4, folder(), JTI, NOW);

    assertThat(outcomes).hasSize(4).containsOnlyOnce("RECORDED");
    assertThat(outcomes).containsOnly("RECORDED", "EXHAUSTED");
  }
}
