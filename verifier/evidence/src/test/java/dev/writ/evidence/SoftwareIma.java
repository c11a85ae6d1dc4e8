// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * IMA in software: a measurement list as a kernel since 5.8 keeps it, in both forms, and the PCRs that
 * it leaves. PCRs 0 to 9 are those of {@link Statement#value}.
 */
final class SoftwareIma {
  static final PcrSelection SHA256_PCRS =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

  /** A field of a template: as it is hashed, and as it is shown in ASCII. */
  record Field(byte[] data, byte[] ascii) {}

  private record Entry(byte[] binary, byte[] ascii, byte[] hashed, boolean violation) {}

  private final TpmAlg listHash;
  private final PcrSelection selection;
  private final List<Entry> entries = new ArrayList<>();
  private int pcr = 10;

  SoftwareIma() {
    this(TpmAlg.SHA1, SHA256_PCRS);
  }

  SoftwareIma(TpmAlg listHash, PcrSelection selection) {
    this.listHash = listHash;
    this.selection = selection;
  }

  /** A list of a boot that measured two files. */
  static SoftwareIma booted() {
    return new SoftwareIma().boot().file("/usr/bin/init").file("/usr/bin/sh");
  }

  static Field digest(String algorithm, byte[] digest) {
    byte[] name = ascii(algorithm + ":");
    return new Field(join(name, new byte[1], digest), join(name, hexOf(digest)));
  }

  static Field path(String path) {
    return path(path.getBytes(StandardCharsets.UTF_8));
  }

  static Field path(byte[] path) {
    return new Field(join(path, new byte[1]), path);
  }

  static Field hex(byte[] bytes) {
    return new Field(bytes, hexOf(bytes));
  }

  /** The digest of what this fixture takes a file at that path to hold. */
  static TpmDigest content(String path) {
    return TpmDigest.of(TpmAlg.SHA256, TpmAlg.SHA256.newDigest().digest(ascii(path)));
  }

  static Field digestOf(String path) {
    return digest("sha256", content(path).value().bytes());
  }

  /** The first entry, over PCRs 0 to 9 of SHA-256's bank. */
  @CanIgnoreReturnValue
  SoftwareIma boot() {
    return boot(TpmAlg.SHA256, 10);
  }

  @CanIgnoreReturnValue
  SoftwareIma boot(TpmAlg bank, int pcrs) {
    MessageDigest running = bank.newDigest();
    for (int i = 0; i < pcrs; i++) {
      Statement.value(bank, i).value().update(running);
    }
    return add("ima-ng", digest(bank.text(), running.digest()), path("boot_aggregate"));
  }

  /** A file of ima-ng. */
  @CanIgnoreReturnValue
  SoftwareIma file(String path) {
    return add("ima-ng", digestOf(path), path(path));
  }

  /** A file of ima-sig. */
  @CanIgnoreReturnValue
  SoftwareIma file(String path, byte[] signature) {
    return add("ima-sig", digestOf(path), path(path), hex(signature));
  }

  /** A buffer, such as a key that is added to a keyring. */
  @CanIgnoreReturnValue
  SoftwareIma buffer(String name, byte[] content) {
    byte[] digest = TpmAlg.SHA256.newDigest().digest(content);
    return add("ima-buf", digest("sha256", digest), path(name), hex(content));
  }

  @CanIgnoreReturnValue
  SoftwareIma violation(String path) {
    return add("ima-ng", true, digest("sha256", new byte[20]), path(path));
  }

  @CanIgnoreReturnValue
  SoftwareIma add(String template, Field... fields) {
    return add(template, false, fields);
  }

  /** Further entries go to another PCR. */
  @CanIgnoreReturnValue
  SoftwareIma toPcr(int other) {
    pcr = other;
    return this;
  }

  private SoftwareIma add(String template, boolean violation, Field... fields) {
    byte[] data = new byte[0];
    for (Field field : fields) {
      data = join(data, u32(field.data().length), field.data());
    }
    byte[] shown = join(u32(data.length), data);
    byte[] hashed = data;
    if (template.equals("ima")) {
      byte[] digest = fields[0].data();
      byte[] path = fields[1].ascii();
      shown = join(digest, u32(path.length), path);
      hashed = join(digest, Arrays.copyOf(path, 256));
    }
    byte[] listed =
        violation ? new byte[listHash.digestBytes()] : listHash.newDigest().digest(hashed);
    byte[] name = ascii(template);
    byte[] binary = join(u32(pcr), listed, u32(name.length), name, shown);
    byte[] line = join(ascii(String.format("%2d ", pcr)), hexOf(listed), ascii(" " + template));
    for (Field field : fields) {
      line = join(line, ascii(" "), field.ascii());
    }
    entries.add(new Entry(binary, join(line, ascii("\n")), hashed, violation));
    return this;
  }

  int size() {
    return entries.size();
  }

  byte[] list(ImaFormat format) {
    return list(format, 0);
  }

  byte[] list(ImaFormat format, int from) {
    byte[] list = new byte[0];
    for (Entry entry : entries.subList(from, entries.size())) {
      list = join(list, format == ImaFormat.BINARY ? entry.binary() : entry.ascii());
    }
    return list;
  }

  ImaSegment segment(ImaFormat format) {
    return segment(format, 0);
  }

  ImaSegment segment(ImaFormat format, int from) {
    return ImaSegment.of(from, format, listHash, list(format, from));
  }

  /** A segment whose list is another. */
  ImaSegment segmentOf(ImaFormat format, byte[] list) {
    return ImaSegment.of(0, format, listHash, list);
  }

  /** The PCRs as they stand. */
  PcrValues quoted() {
    return quotedExtendedWith(false);
  }

  /** The PCRs as a kernel before 5.8 leaves them: SHA-1 and zeros extend every bank. */
  PcrValues quotedPadded() {
    return quotedExtendedWith(true);
  }

  private PcrValues quotedExtendedWith(boolean padded) {
    List<TpmDigest> values = new ArrayList<>();
    for (PcrSelection.Bank bank : selection.banks()) {
      for (int index : bank.indices()) {
        values.add(
            index == 10
                ? TpmDigest.of(bank.hash(), pcr10(bank.hash(), padded))
                : Statement.value(bank.hash(), index));
      }
    }
    return new PcrValues(selection, values);
  }

  private byte[] pcr10(TpmAlg bank, boolean padded) {
    int length = bank.digestBytes();
    byte[] value = new byte[length];
    for (Entry entry : entries) {
      byte[] extension = new byte[length];
      Arrays.fill(extension, (byte) 0xff);
      if (!entry.violation()) {
        TpmAlg hash = padded ? TpmAlg.SHA1 : bank;
        extension = Arrays.copyOf(hash.newDigest().digest(entry.hashed()), length);
      }
      value = bank.newDigest().digest(join(value, extension));
    }
    return value;
  }

  static byte[] u32(int value) {
    return new byte[] {
      (byte) value, (byte) (value >>> 8), (byte) (value >>> 16), (byte) (value >>> 24)
    };
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] hexOf(byte[] bytes) {
    return ascii(HexFormat.of().formatHex(bytes));
  }

  static byte[] join(byte[]... parts) {
    TpmWriter out = new TpmWriter();
    for (byte[] part : parts) {
      out.bytes(part);
    }
    return out.toByteArray();
  }
}
