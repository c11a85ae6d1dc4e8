// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** UEFI's structures inside events: GUIDs, texts, device paths, signature lists. */
class UefiStructuresTest {
  private static final byte[] LIST =
      SoftwareBootLog.signatures(
          SoftwareBootLog.CERT_SHA256, SoftwareBootLog.revoked(1), SoftwareBootLog.revoked(2));

  private static final String END = "7fff0400";
  private static final String NETWORK = "030b0a00000000000000";

  @Test
  void guid_read_hasItsText() {
    byte[] bytes = SoftwareBootLog.concat(new byte[1], SoftwareBootLog.guid(SoftwareBootLog.SHIM));

    assertThat(UefiGuid.at(bytes, 1)).isEqualTo(UefiGuid.SHIM_LOCK);
    assertThat(UefiGuid.at(bytes, 1)).hasToString(SoftwareBootLog.SHIM);
    assertThat(UefiGuid.of(SoftwareBootLog.SHIM)).isEqualTo(UefiGuid.at(bytes, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "610062000000,ab", // a NUL
    "61006200000000000000,ab", // several
    "6100620000,ab", // half of one
    "61006200,ab", // none
    "410300d8,", // half of a pair
    "61000700,", // a control character
    "0000,",
    "6162,扡",
    "616263,"
  })
  void utf16OfARange_isReadWhereItIsText(String hex, String text) {
    byte[] bytes = Octets.fromHex("ff" + hex + "ff").bytes();

    assertThat(UefiText.utf16(bytes, 1, bytes.length - 2)).isEqualTo(Optional.ofNullable(text));
  }

  @Test
  void ascii_isTextOfFirmwareAlone() {
    assertThat(ascii("UEFI Debug Mode\0\0")).contains("UEFI Debug Mode");
    assertThat(ascii(" ~")).contains(" ~");
    assertThat(ascii("")).isEmpty();
    assertThat(ascii("\0")).isEmpty();
    assertThat(ascii("a\nb")).isEmpty();
    assertThat(ascii("a\0b")).isEmpty();
    assertThat(ascii("a\u007f")).isEmpty();
    assertThat(UefiText.ascii(new byte[] {'a', (byte) 0xe9}, 0, 2)).isEmpty();
  }

  @Test
  void rangeOfZeros_behindZeros_isNoText() {
    assertThat(UefiText.utf16(new byte[6], 2, 4)).isEmpty();
  }

  @Test
  void utf8_isTextOfLoadersWithoutANulInside() {
    byte[] bytes = "xé b\0\0".getBytes(StandardCharsets.UTF_8);

    assertThat(UefiText.utf8(bytes, 1, bytes.length - 1)).contains("é b");
    assertThat(UefiText.utf8(SoftwareBootLog.bytes("xa\0b"), 1, 3)).isEmpty();
    assertThat(UefiText.utf8(SoftwareBootLog.bytes("x\0b"), 1, 2)).isEmpty();
    assertThat(UefiText.utf8(SoftwareBootLog.bytes("x\0"), 1, 1)).isEmpty();
  }

  @Test
  void utf16OfANumberOfUnits_saysWhereItIsNoText() {
    byte[] bytes = SoftwareBootLog.concat(new byte[1], SoftwareBootLog.utf16("ab\7"));

    assertThatThrownBy(() -> UefiText.utf16(bytes, 1, 3, "name"))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessage("name at byte 5 must be UTF-16 without control characters, was 0x0007");
  }

  @Test
  void reader_saysWhatIsCutOffOrLeftOver() throws Exception {
    UefiReader in = new UefiReader(new byte[10], 2, 5);
    in.skip("head", 2);

    assertThatThrownBy(() -> in.u32("field"))
        .hasMessage("field at byte 4 must be 4 bytes, was cut off after 3");
    assertThatThrownBy(() -> in.end("structure"))
        .hasMessage("structure at byte 4 must be at its end, was followed by 3 more bytes");
    in.skip("rest", 3);
    in.end("structure");
  }

  @Test
  void lengthOf64Bits_isTakenUpToItsLimit() throws Exception {
    byte[] limit = Octets.fromHex("0002000000000000").bytes();
    byte[] above = Octets.fromHex("0102000000000000").bytes();
    byte[] high = Octets.fromHex("0100000002000000").bytes();

    assertThat(new UefiReader(limit, 0, 8).u64Length("length", 512)).isEqualTo(512);
    assertThatThrownBy(() -> new UefiReader(above, 0, 8).u64Length("length", 512))
        .hasMessage("length at byte 0 must be at most 512, was 513");
    assertThatThrownBy(() -> new UefiReader(high, 0, 8).u64Length("length", 512))
        .hasMessage("length at byte 0 must be at most 512, was 8589934593");
  }

  private static Optional<String> ascii(String text) {
    byte[] bytes = SoftwareBootLog.bytes(text);
    return UefiText.ascii(bytes, 0, bytes.length);
  }

  @ParameterizedTest
  @CsvSource({
    "04040c0061002f0062000000" + END + ",a/b",
    "04040c0061002f00620000000404080063000000" + END + ",a/bc",
    "04040c0061002f00620000000404080063000000,a/bc", // without its end
    "0406140050abcdef00000000000000000000"
        + "0000"
        + END
        + ",firmware file efcdab50-0000-0000-0000-000000000000",
    NETWORK + END + ",network card",
    "030b0400,network card", // nothing but a header
    "030b0400030b0400,network cardnetwork card",
    "02010c00d041030a00000000" + END + ",",
    "02010c00d041030a00000000" + NETWORK + "," + "network card",
    "0404ff0061000000" + END + ",", // longer than all
    "040403000000,", // shorter than its header
    END + ",",
    "'',"
  })
  void devicePath_isReadToItsEnd(String hex, String text) {
    byte[] bytes = Octets.fromHex(hex).bytes();

    assertThat(UefiDevicePath.text(bytes, 0, bytes.length)).isEqualTo(Optional.ofNullable(text));
  }

  @Test
  void devicePath_behindItsEnd_isNotRead() {
    byte[] bytes = Octets.fromHex(END + NETWORK).bytes();

    assertThat(UefiDevicePath.text(bytes, 0, bytes.length)).isEmpty();
  }

  @Test
  void devicePathOfManyNodes_isReadSoFar() {
    byte[] bytes = new byte[0];
    for (int i = 0; i < 100; i++) {
      bytes = SoftwareBootLog.concat(bytes, Octets.fromHex(NETWORK).bytes());
    }

    assertThat(UefiDevicePath.text(bytes, 0, bytes.length))
        .hasValueSatisfying(text -> assertThat(text).hasSize(64 * "network card".length()));
  }

  @Test
  void signatureLists_ofSeveralKinds_areReadInOrder() throws Exception {
    byte[] both =
        SoftwareBootLog.concat(
            LIST,
            SoftwareBootLog.signatures(SoftwareBootLog.CERT_X509, SoftwareBootLog.DB_CERTIFICATE));

    SignatureDatabase database = SignatureDatabase.read(both, 0, both.length);

    assertThat(database.size()).isEqualTo(3);
    assertThat(database.entries())
        .extracting(SignatureDatabase.Entry::isCertificate)
        .containsExactly(false, false, true);
    assertThat(database.entries())
        .extracting(SignatureDatabase.Entry::isImageHash)
        .containsExactly(true, true, false);
    assertThat(database.ids())
        .containsExactly(
            Octets.of(SoftwareBootLog.revoked(1)),
            Octets.of(SoftwareBootLog.revoked(2)),
            SoftwareBootLog.id(SoftwareBootLog.DB_CERTIFICATE));
    assertThat(database.hasSameBytesAs(SignatureDatabase.read(both.clone(), 0, both.length)))
        .isTrue();
    assertThat(database.hasSameBytesAs(SignatureDatabase.read(LIST, 0, LIST.length))).isFalse();
  }

  @Test
  void signatureLists_ofNothing_areEmpty() throws Exception {
    assertThat(SignatureDatabase.read(LIST, 5, 0).size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 28})
  void signatureList_ofItsHeadAlone_isEmpty(int entrySize) throws Exception {
    byte[] list = Arrays.copyOf(LIST, 28);
    list[16] = 28;
    list[24] = (byte) entrySize;

    assertThat(SignatureDatabase.read(list, 0, list.length).entries()).isEmpty();
  }

  @Test
  void signatureList_withAHeader_isReadBehindIt() throws Exception {
    byte[] list =
        SoftwareBootLog.concat(
            Arrays.copyOf(LIST, 28), new byte[3], Arrays.copyOfRange(LIST, 28, LIST.length));
    list[16] = (byte) (list[16] + 3);
    list[20] = 3;

    assertThat(SignatureDatabase.read(list, 0, list.length).ids())
        .startsWith(Octets.of(SoftwareBootLog.revoked(1)));
  }

  @ParameterizedTest
  @CsvSource({
    "16,123,signatureList.entrySize", // one byte less than its entries
    "16,125,signatureList.size", // more than there is
    "16,27,signatureList.size", // less than its header
    "19,128,signatureList.size",
    "20,97,signatureList.size", // a header longer than the list
    "23,128,signatureList.size",
    "24,0,signatureList.entrySize",
    "24,16,signatureList.entrySize", // an owner alone
    "24,47,signatureList.entrySize",
    "27,128,signatureList.entrySize"
  })
  void signatureList_whoseSizesContradict_isMalformed(int at, int value, String field) {
    byte[] list = LIST.clone();
    list[at] = (byte) value;

    assertThat(malformed(list).field()).isEqualTo(field);
  }

  @Test
  void signatureList_cutAtEachByte_isMalformed() {
    for (int length = 1; length < LIST.length; length++) {
      assertThat(malformed(Arrays.copyOf(LIST, length))).as("cut at %d", length).isNotNull();
    }
  }

  @Test
  void signatureList_ofTooManyEntries_isMalformed() throws Exception {
    int limit = SignatureDatabase.MAX_ENTRIES;
    byte[] most = many(limit);

    assertThat(SignatureDatabase.read(most, 0, most.length).size()).isEqualTo(limit);
    assertThat(malformed(many(limit + 1)).expected()).isEqualTo("at most " + limit);
  }

  /** A list of entries of 17 bytes, an owner and one byte. */
  private static byte[] many(int entries) {
    byte[] list = new byte[28 + 17 * entries];
    for (int i = 0; i < 4; i++) {
      list[16 + i] = (byte) (list.length >>> 8 * i);
    }
    list[24] = 17;
    return list;
  }

  private static MalformedEvidenceException malformed(byte[] bytes) {
    MalformedEvidenceException e =
        catchThrowableOfType(
            MalformedEvidenceException.class,
            () -> assertThat(SignatureDatabase.read(bytes, 0, bytes.length)).isNull());
    assertThat(e).as("must be malformed").isNotNull();
    assertThat(e.offset()).isBetween(0, bytes.length);
    return e;
  }
}
