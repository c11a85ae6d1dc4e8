// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ZIP of an evidence pack: one spelling, and everything else is refused. */
class PackFileTest {
  private static final byte[] TEXT = "what is in it".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  private Path pack(String... names) throws Exception {
    Path file = Files.createFile(folder.resolve("pack.zip"));
    try (PackWriter writer = PackWriter.into(file)) {
      for (String name : names) {
        writer.put(name, TEXT);
      }
      writer.finish();
    }
    return file;
  }

  private void refused(byte[] bytes, String why) throws Exception {
    Path file = Files.write(folder.resolve("changed.zip"), bytes);
    assertThatThrownBy(
            () -> {
              try (PackFile unused = PackFile.open(file)) {
                assertThat(unused).isNull();
              }
            })
        .isInstanceOf(MalformedPackException.class)
        .hasMessageContaining(why);
  }

  /** A member as somebody else may write it. */
  private static byte[] member(String name, int size, byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(PackZip.local(name, (int) crc.getValue(), size));
    out.writeBytes(bytes);
    return out.toByteArray();
  }

  private static byte[] whole(String name) {
    CRC32 crc = new CRC32();
    crc.update(TEXT);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(member(name, TEXT.length, TEXT));
    int at = out.size();
    byte[] directory = PackZip.central(name, (int) crc.getValue(), TEXT.length, 0);
    out.writeBytes(directory);
    out.writeBytes(PackZip.end(1, at, directory.length));
    return out.toByteArray();
  }

  @Test
  void pack_ofMembers_isReadByItselfAndByOthers() throws Exception {
    Path file = pack("leaves/1.json", "report.html");
    try (PackFile read = PackFile.open(file);
        ZipFile others = new ZipFile(file.toFile())) {
      assertThat(read.order()).containsExactly("leaves/1.json", "report.html");
      assertThat(read.bytes("report.html")).isEqualTo(TEXT);
      assertThat(Collections.list(others.entries()).stream().map(ZipEntry::getName))
          .containsExactly("leaves/1.json", "report.html");
      assertThat(others.getInputStream(others.getEntry("report.html")).readAllBytes())
          .isEqualTo(TEXT);
    }
  }

  @Test
  void file_thatIsNoPack_isSaidToBeNone() throws Exception {
    Path bundle = Files.writeString(folder.resolve("bundle.json"), "{}");

    assertThatThrownBy(() -> PackFile.open(bundle))
        .isInstanceOf(MalformedPackException.class)
        .hasMessageContaining("a proof bundle is verified without --pack");
  }

  @Test
  void pack_withAnyByteChanged_isRefused() throws Exception {
    byte[] bytes = Files.readAllBytes(pack("a", "b/c"));
    int refused = 0;
    for (int at = 0; at < bytes.length; at++) {
      byte[] changed = bytes.clone();
      changed[at] ^= 1;
      Path file = Files.write(folder.resolve("changed.zip"), changed);
      try (PackFile unused = PackFile.open(file)) {
        assertThat(unused).isNotNull();
      } catch (MalformedPackException e) {
        refused++;
      }
    }
    assertThat(refused).isEqualTo(bytes.length);
  }

  @Test
  void pack_cutOffAnywhere_isRefused() throws Exception {
    byte[] bytes = Files.readAllBytes(pack("a"));
    for (int length = 0; length < bytes.length; length++) {
      refused(Arrays.copyOf(bytes, length), "must be");
    }
  }

  @Test
  void pack_withBytesBehindOrBefore_isRefused() throws Exception {
    byte[] bytes = Files.readAllBytes(pack("a"));
    refused(Arrays.copyOf(bytes, bytes.length + 1), "and nothing else");
    byte[] moved = new byte[bytes.length + 1];
    System.arraycopy(bytes, 0, moved, 1, bytes.length);
    refused(moved, "must be");
  }

  /** The helper writes what is accepted but for the name. */
  @Test
  void member_ofGoodName_isRead() throws Exception {
    Path file = Files.write(folder.resolve("good.zip"), whole("good/name.json"));
    try (PackFile read = PackFile.open(file)) {
      assertThat(read.order()).containsExactly("good/name.json");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../evil",
        "/etc/passwd",
        "a/../../b",
        "a/./b",
        "a\\b",
        "C:evil",
        "a//b",
        "a/",
        "",
        ".hidden",
        "a/.b",
        "A",
        "a\nb",
        "a\u0000b",
        "a/b/c"
      })
  void member_whoseNameLeadsElsewhere_isRefused(String name) throws Exception {
    refused(whole(name), "its name must be");
  }

  @Test
  void member_thereTwice_isRefused() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(member("a", TEXT.length, TEXT));
    out.writeBytes(member("a", TEXT.length, TEXT));
    refused(out.toByteArray(), "a must be there once");
  }

  @Test
  void member_ofWrongSize_isRefused() throws Exception {
    refused(member("a", TEXT.length + 1, TEXT), "said to be of 14");
    refused(member("a", -1, TEXT), "said to be of 4294967295");
    refused(member("a", TEXT.length - 1, TEXT), "stored");
  }

  /** What unpacks to more than it is long cannot be said in a pack at all. */
  @Test
  void pack_thatIsCompressed_isRefused() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setLevel(Deflater.BEST_COMPRESSION);
      zip.putNextEntry(new ZipEntry("report.html"));
      zip.write(new byte[1 << 20]);
      zip.closeEntry();
    }
    assertThat(bytes.size()).isLessThan(1 << 12);
    refused(bytes.toByteArray(), "must be");
  }

  @Test
  void pack_longerThanOneMayBe_isRefusedBeforeItIsRead() throws Exception {
    Path file = folder.resolve("long.zip");
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(channel.write(ByteBuffer.allocate(1), PackZip.MAX_BYTES)).isEqualTo(1);
    }
    assertThatThrownBy(() -> PackFile.open(file).close())
        .isInstanceOf(MalformedPackException.class)
        .hasMessageContaining("of at most");
  }
}
