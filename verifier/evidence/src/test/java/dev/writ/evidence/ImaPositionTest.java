// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

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
        .isInstanceOf(ImaReplayed.class);
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
        .hasMessageContaining("imaSegment.list at byte 11 must be at most 4194304 bytes");
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
