// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.fixtures.SoftwareImaList;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A {@link SoftwareImaList} in this room's words, and the PCRs that it leaves. PCRs 0 to 9 are those of
 * {@link Statement#value}.
 */
final class SoftwareIma {
  static final PcrSelection SHA256_PCRS =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

  /** A field of a template: as it is hashed, and as it is shown in ASCII. */
  record Field(byte[] data, byte[] ascii) {}

  private final TpmAlg listHash;
  private final PcrSelection selection;
  private final SoftwareImaList list;

  SoftwareIma() {
    this(TpmAlg.SHA1, SHA256_PCRS);
  }

  SoftwareIma(TpmAlg listHash, PcrSelection selection) {
    this.listHash = listHash;
    this.selection = selection;
    this.list = new SoftwareImaList(listHash.id());
  }

  /** A list of a boot that measured two files. */
  static SoftwareIma booted() {
    return new SoftwareIma().boot().file("/usr/bin/init").file("/usr/bin/sh");
  }

  static Field digest(String algorithm, byte[] digest) {
    return of(SoftwareImaList.digest(algorithm, digest));
  }

  static Field path(String path) {
    return of(SoftwareImaList.path(path));
  }

  static Field hex(byte[] bytes) {
    return of(SoftwareImaList.bytes(bytes));
  }

  private static Field of(SoftwareImaList.Field field) {
    return new Field(field.data(), field.ascii());
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
    byte[][] values =
        IntStream.range(0, pcrs)
            .mapToObj(pcr -> Statement.value(bank, pcr).value().bytes())
            .toArray(byte[][]::new);
    Field aggregate = digest(bank.text(), SoftwareImaList.aggregate(bank.id(), values));
    return add("ima-ng", aggregate, path(SoftwareImaList.BOOT_AGGREGATE));
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
    list.violation(path);
    return this;
  }

  @CanIgnoreReturnValue
  SoftwareIma add(String template, Field... fields) {
    SoftwareImaList.Field[] all =
        Stream.of(fields)
            .map(field -> new SoftwareImaList.Field(field.data(), field.ascii()))
            .toArray(SoftwareImaList.Field[]::new);
    list.add(template, all);
    return this;
  }

  /** Further entries go to another PCR. */
  @CanIgnoreReturnValue
  SoftwareIma toPcr(int other) {
    list.toPcr(other);
    return this;
  }

  int size() {
    return list.size();
  }

  byte[] list(ImaFormat format) {
    return list(format, 0);
  }

  byte[] list(ImaFormat format, int from) {
    return format == ImaFormat.BINARY ? list.binary(from) : list.ascii(from);
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
                ? TpmDigest.of(bank.hash(), pcr10(bank.hash().id(), padded))
                : Statement.value(bank.hash(), index));
      }
    }
    return new PcrValues(selection, values);
  }

  private byte[] pcr10(int bank, boolean padded) {
    return padded ? list.paddedValue(bank) : list.value(bank);
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] join(byte[]... parts) {
    TpmWriter out = new TpmWriter();
    for (byte[] part : parts) {
      out.bytes(part);
    }
    return out.toByteArray();
  }
}
