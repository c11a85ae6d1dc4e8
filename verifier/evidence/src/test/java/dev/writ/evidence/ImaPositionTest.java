// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link ImaPosition} and {@link ImaSegment}: what is stored, and what is sent. */
class ImaPositionTest {
  private static final Octets KEY = Statement.value(TpmAlg.SHA256, 20).value();
  private static final Octets OTHER_KEY = Statement.value(TpmAlg.SHA256, 21).value();

  private static final ImaPosition POSITION =
      new ImaPosition(
          826,
          true,
          Map.of(
              TpmAlg.SHA384, Statement.value(TpmAlg.SHA384, 10),
              TpmAlg.SHA256, Statement.value(TpmAlg.SHA256, 10)),
          new ImaTally(Map.of(ImaVerdict.DIGEST_LISTED, 800L, ImaVerdict.VIOLATION, 3L)),
          new LinkedHashSet<>(List.of(KEY, OTHER_KEY)));

  @Test
  void position_afterEncoding_isTheSame() throws Exception {
    assertThat(ImaPosition.parse(POSITION.encode())).isEqualTo(POSITION);
    assertThat(ImaPosition.parse(ImaPosition.START.encode())).isEqualTo(ImaPosition.START);
    assertThat(POSITION.encode().length).isLessThan(ImaPosition.MAX_BYTES);
  }

  @Test
  void encoding_isStable() {
    assertThat(Octets.of(ImaPosition.START.encode()).hex()).isEqualTo("01000000000000000000000000");
    assertThat(Octets.of(POSITION.encode()).hex())
        .startsWith("01000000000000033a0102000b")
        .contains("02" + "02" + "0000000000000320" + "0a" + "0000000000000003" + "02");
  }

  @Test
  void encodingCutOffOrLonger_isMalformed() {
    byte[] encoded = POSITION.encode();
    for (int length = 0; length < encoded.length; length++) {
      byte[] cut = Arrays.copyOf(encoded, length);
      assertThatThrownBy(() -> ImaPosition.parse(cut))
          .isInstanceOf(MalformedEvidenceException.class);
    }
    for (int longer : List.of(encoded.length + 1, ImaPosition.MAX_BYTES + 1)) {
      assertThatThrownBy(() -> ImaPosition.parse(Arrays.copyOf(encoded, longer)))
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @Test
  void case92_positionOfAnotherVersion_isMalformed() {
    byte[] encoded = POSITION.encode();
    encoded[0] = 2;

    assertThatThrownBy(() -> ImaPosition.parse(encoded))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessage("version at byte 0 must be 1, was 2");
  }

  @Test
  void positionThatContradictsItself_isMalformed() {
    ImaTally tally = new ImaTally(Map.of(ImaVerdict.DIGEST_LISTED, 2L));
    Map<TpmAlg, TpmDigest> bank = Map.of(TpmAlg.SHA256, Statement.value(TpmAlg.SHA256, 10));
    Map<TpmAlg, TpmDigest> sha1 = Map.of(TpmAlg.SHA1, Statement.value(TpmAlg.SHA1, 10));
    for (ImaPosition position :
        List.of(
            new ImaPosition(1, true, bank, tally, Set.of()),
            new ImaPosition(0, false, bank, ImaTally.NONE, Set.of()),
            new ImaPosition(3, false, Map.of(), tally, Set.of()),
            new ImaPosition(3, false, sha1, tally, Set.of()),
            new ImaPosition(0, true, Map.of(), ImaTally.NONE, Set.of()),
            new ImaPosition(0, false, Map.of(), ImaTally.NONE, Set.of(KEY)),
            new ImaPosition(1L << 49, false, bank, tally, Set.of()))) {
      assertThatThrownBy(() -> ImaPosition.parse(position.encode()))
          .as(position.toString())
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @Test
  void positions_areEqualByAllThatTheyHold() {
    TpmDigest value = Statement.value(TpmAlg.SHA256, 10);
    Map<TpmAlg, TpmDigest> bank = Map.of(TpmAlg.SHA256, value);
    ImaPosition position = new ImaPosition(3, true, bank, ImaTally.NONE, Set.of(KEY));

    assertThat(position)
        .isEqualTo(new ImaPosition(3, true, bank, ImaTally.NONE, Set.of(KEY)))
        .hasSameHashCodeAs(new ImaPosition(3, true, bank, ImaTally.NONE, Set.of(KEY)))
        .isNotEqualTo(new ImaPosition(4, true, bank, ImaTally.NONE, Set.of(KEY)))
        .isNotEqualTo(new ImaPosition(3, false, bank, ImaTally.NONE, Set.of(KEY)))
        .isNotEqualTo(new ImaPosition(3, true, Map.of(), ImaTally.NONE, Set.of(KEY)))
        .isNotEqualTo(new ImaPosition(3, true, bank, POSITION.tally(), Set.of(KEY)))
        .isNotEqualTo(new ImaPosition(3, true, bank, ImaTally.NONE, Set.of(OTHER_KEY)))
        .isNotEqualTo(value);
  }

  @Test
  void banks_areAscending_andEachOnce() throws Exception {
    Map<TpmAlg, TpmDigest> running = new EnumMap<>(TpmAlg.class);
    List<TpmAlg> hashes =
        Arrays.stream(TpmAlg.values())
            .filter(hash -> hash.isHash() && hash != TpmAlg.SHA1)
            .sorted(Comparator.comparing(TpmAlg::id))
            .toList();
    hashes.forEach(hash -> running.put(hash, Statement.value(hash, 10)));
    ImaPosition position = new ImaPosition(1, true, running, ImaTally.NONE, Set.of());

    assertThat(hashes).hasSize(6);
    assertThat(position.banks()).isEqualTo(hashes);
    assertThat(ImaPosition.parse(position.encode()).banks()).isEqualTo(hashes);
    String sha256 = "000b" + "00".repeat(32);
    assertMalformed(
        "02" + sha256 + sha256 + "0000", "bank at byte 45 must be ascending, and not sha1");
  }

  @Test
  void verdictOrKeyTwice_isMalformed() {
    String verdict = "02" + "0000000000000001";
    String key = "ab".repeat(32);

    assertMalformed(
        "01000b" + "00".repeat(32) + "02" + verdict + verdict + "00",
        "verdict at byte 55 must be ascending and known, was 2");
    assertMalformed(
        "01000b" + "00".repeat(32) + "0002" + key + key,
        "measuredKey at byte 79 must be in ascending order, was " + key);
  }

  /** A position after three entries, with these bytes behind its first ten. */
  private static void assertMalformed(String hex, String message) {
    byte[] encoded = Octets.fromHex("01000000000000000300" + hex).bytes();

    assertThatThrownBy(() -> ImaPosition.parse(encoded))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void longestEncoding_isReadAsOne() {
    assertThatThrownBy(() -> ImaPosition.parse(Arrays.copyOf(POSITION.encode(), 4096)))
        .hasMessageStartingWith("imaPosition at byte ")
        .hasMessageContaining("at its end");
    assertThatThrownBy(() -> ImaPosition.parse(new byte[4097]))
        .hasMessage("imaPosition at byte 0 must be at most 4096 bytes, was 4097 bytes");
  }

  @Test
  void tally_countsBelowOne_areRefused() {
    assertThatThrownBy(() -> new ImaTally(Map.of(ImaVerdict.SIGNED, 0L)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(POSITION.tally()).hasToString("800 of 803 allowed, 3 ima_violation");
  }

  @Test
  void segment_afterEncoding_isTheSame() throws Exception {
    ImaSegment segment = SoftwareIma.booted().segment(ImaFormat.ASCII, 2);
    byte[] encoded = segment.encode();

    ImaSegment parsed = ImaSegment.parse(encoded);

    assertThat(Octets.of(encoded).hex()).startsWith("0000000000000002" + "02" + "0004");
    assertThat(parsed.start()).isEqualTo(2);
    assertThat(parsed.format()).isEqualTo(ImaFormat.ASCII);
    assertThat(parsed.listHash()).isEqualTo(TpmAlg.SHA1);
    assertThat(parsed.listBytes()).isEqualTo(encoded.length - 11);
    assertThat(parsed.encode()).isEqualTo(encoded);
  }

  @Test
  void segmentInsideOtherBytes_isReadThere() throws Exception {
    SoftwareIma ima = SoftwareIma.booted();
    byte[] encoded = ima.segment(ImaFormat.BINARY).encode();
    byte[] around = SoftwareIma.join(new byte[7], encoded, new byte[5]);

    ImaSegment segment = ImaSegment.parse(around, 7, encoded.length);

    assertThat(segment.encode()).isEqualTo(encoded);
    assertThat(ImaReplay.resume(ImaPosition.START, segment, ima.quoted()))
        .isInstanceOfSatisfying(
            ImaReplayed.class,
            replayed -> assertThat(replayed.matchedBytes()).isEqualTo(encoded.length - 11));
  }

  @Test
  void segmentWithHeaderOutOfRange_isMalformed() {
    byte[] encoded = SoftwareIma.booted().segment(ImaFormat.BINARY).encode();
    for (int length = 0; length < 11; length++) {
      byte[] cut = Arrays.copyOf(encoded, length);
      assertThatThrownBy(() -> ImaSegment.parse(cut))
          .isInstanceOf(MalformedEvidenceException.class);
    }
    for (int[] change : new int[][] {{0, 0x80}, {1, 1}, {8, 0}, {8, 3}, {9, 1}, {10, 1}}) {
      byte[] changed = encoded.clone();
      changed[change[0]] = (byte) change[1];
      assertThatThrownBy(() -> ImaSegment.parse(changed))
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"8, 15", "9, 16"})
  void segmentInsideOtherBytes_saysWhereItIsMalformed(int at, int offset) {
    byte[] encoded = SoftwareIma.booted().segment(ImaFormat.BINARY).encode();
    encoded[at] = 0x7f;
    byte[] around = SoftwareIma.join(new byte[7], encoded);

    assertThatThrownBy(() -> ImaSegment.parse(around, 7, encoded.length))
        .isInstanceOfSatisfying(
            MalformedEvidenceException.class, e -> assertThat(e.offset()).isEqualTo(offset));
  }

  @Test
  void segmentThatIsTooLong_isRefused() {
    byte[] list = new byte[ImaSegment.MAX_LIST_BYTES + 1];

    assertThatThrownBy(() -> ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, list))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] wire =
        SoftwareIma.join(
            ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, new byte[0]).encode(), list);
    assertThatThrownBy(() -> ImaSegment.parse(wire))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessage("imaSegment.list at byte 11 must be at most 4194304 bytes, was 4194305 bytes");
  }

  @Test
  void listOfMoreEntriesThanAreTaken_isMalformed() {
    // The shortest entry: pcr, digest, an empty name of no template, and no data.
    byte[] list = new byte[(ImaSegment.MAX_ENTRIES + 1) * 32];
    for (int at = 0; at < list.length; at += 32) {
      list[at] = 10;
    }
    ImaSegment segment = ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, list);

    assertThatThrownBy(
            () ->
                ImaReplay.resume(
                    ImaPosition.START, segment, Statement.values(SoftwareIma.SHA256_PCRS)))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("at most 65536 entries");
  }
}
