// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Lists and positions at their limits are taken, one step beyond they are not. */
class ImaLimitsTest {
  private static final Map<TpmAlg, TpmDigest> BANK =
      Map.of(TpmAlg.SHA256, Statement.value(TpmAlg.SHA256, 10));

  @Test
  void segment_ofTheLongestList_isTaken() throws Exception {
    byte[] list = new byte[ImaSegment.MAX_LIST_BYTES];
    byte[] wire = ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, list).encode();

    assertThat(wire).hasSize(ImaSegment.MAX_BYTES);
    assertThat(ImaSegment.parse(wire).listBytes()).isEqualTo(list.length);
  }

  @ParameterizedTest
  @CsvSource({"1099511627776, true", "1099511627777, false"})
  void segment_fromTheLastIndex_isTaken(long start, boolean taken) throws Exception {
    byte[] wire = ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, new byte[0]).encode();
    for (int i = 0; i < Long.BYTES; i++) {
      wire[i] = (byte) (start >>> Byte.SIZE * (Long.BYTES - 1 - i));
    }

    if (taken) {
      assertThat(ImaSegment.parse(wire).start()).isEqualTo(start);
      assertThat(ImaSegment.of(start, ImaFormat.BINARY, TpmAlg.SHA1, new byte[0]).start())
          .isEqualTo(start);
    } else {
      assertThatThrownBy(() -> ImaSegment.parse(wire))
          .isInstanceOf(MalformedEvidenceException.class);
      assertThatThrownBy(() -> ImaSegment.of(start, ImaFormat.BINARY, TpmAlg.SHA1, new byte[0]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void list_ofAsManyEntriesAsAreTaken_isRead() throws Exception {
    // The shortest entry: pcr, digest, an empty name of no template, and no data.
    byte[] list = new byte[ImaSegment.MAX_ENTRIES * 32];
    for (int at = 0; at < list.length; at += 32) {
      list[at] = 10;
    }
    ImaListReader entries = ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, list).entries();
    ImaEntry entry = new ImaEntry();
    int read = 0;

    while (entries.next(entry)) {
      read++;
    }

    assertThat(read).isEqualTo(ImaSegment.MAX_ENTRIES);
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void entry_withTheLongestPathAndBuffer_isRead(ImaFormat format) throws Exception {
    String path = "b".repeat(ImaTemplate.MAX_PATH);
    SoftwareIma ima = new SoftwareIma().buffer(path, new byte[ImaTemplate.MAX_BUFFER]);

    ImaEntry entry = first(ima, format);

    assertThat(entry.pathLength).isEqualTo(ImaTemplate.MAX_PATH);
    assertThat(entry.tailLength).isEqualTo(ImaTemplate.MAX_BUFFER);
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void entry_withTheLongestDigestAndAppendedSignature_isRead(ImaFormat format) throws Exception {
    SoftwareIma.Field nothing = SoftwareIma.hex(new byte[0]);
    SoftwareIma.Field path = SoftwareIma.path("/x");
    // 128 bytes: the name, a colon, a zero and the digest.
    SoftwareIma.Field digest = SoftwareIma.digest("other", new byte[121]);
    SoftwareIma.Field signature = SoftwareIma.hex(new byte[ImaTemplate.MAX_MODSIG]);

    assertThat(first(new SoftwareIma().add("ima-ng", digest, path), format).digestLength)
        .isEqualTo(121);
    assertThat(
            first(
                    new SoftwareIma().add("ima-modsig", digest, path, nothing, digest, signature),
                    format)
                .dataLength)
        .isGreaterThan(ImaTemplate.MAX_MODSIG);
    SoftwareIma.Field longer = SoftwareIma.digest("other", new byte[122]);
    assertThatThrownBy(
            () ->
                first(
                    new SoftwareIma().add("ima-modsig", digest, path, nothing, longer, signature),
                    format))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining(".modsigDigest");
  }

  private static ImaEntry first(SoftwareIma ima, ImaFormat format)
      throws MalformedEvidenceException {
    ImaEntry entry = new ImaEntry();
    assertThat(ima.segment(format).entries().next(entry)).isTrue();
    return entry;
  }

  @ParameterizedTest
  @CsvSource({"281474976710656, true", "281474976710657, false"})
  void position_afterTheLastIndex_isRead(long entries, boolean taken) throws Exception {
    ImaPosition position = new ImaPosition(entries, false, BANK, ImaTally.NONE, Set.of());

    if (taken) {
      assertThat(ImaPosition.parse(position.encode())).isEqualTo(position);
    } else {
      assertThatThrownBy(() -> ImaPosition.parse(position.encode()))
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @Test
  void position_whoseEntriesWereAllJudged_isRead() throws Exception {
    ImaTally tally = new ImaTally(Map.of(ImaVerdict.DIGEST_LISTED, 2L, ImaVerdict.VIOLATION, 1L));
    ImaPosition all = new ImaPosition(3, true, BANK, tally, Set.of());
    ImaPosition fewer = new ImaPosition(2, true, BANK, tally, Set.of());

    assertThat(ImaPosition.parse(all.encode()).tally()).isEqualTo(tally);
    assertThatThrownBy(() -> ImaPosition.parse(fewer.encode()))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  @ParameterizedTest
  @CsvSource({"64, true", "65, false"})
  void position_withMeasuredKeys_holdsSixtyFour(int number, boolean taken) throws Exception {
    Set<Octets> keys = new HashSet<>();
    for (int i = 0; i < number; i++) {
      keys.add(sha256("key " + i));
    }
    ImaPosition position = new ImaPosition(number, false, BANK, ImaTally.NONE, keys);

    if (taken) {
      assertThat(ImaPosition.parse(position.encode()).measuredKeys()).isEqualTo(keys);
    } else {
      assertThatThrownBy(() -> ImaPosition.parse(position.encode()))
          .isInstanceOf(MalformedEvidenceException.class)
          .hasMessageContaining("measuredKeys");
    }
  }

  /** What is not remembered any more counts as a key that was not measured. */
  @ParameterizedTest
  @CsvSource({"63, SIGNED", "64, KEY_AFTER_USE"})
  void keysBeyondThoseThatAreRemembered_areNotTaken(int before, ImaVerdict verdict)
      throws Exception {
    SoftwareImaSigner signer = SoftwareImaSigner.ecdsa(TpmCurve.P256);
    SoftwareImaSigner other = SoftwareImaSigner.ecdsa(TpmCurve.P256);
    ImaPolicy.Builder policy =
        ImaPolicy.builder()
            .key(".ima", sha256("own"))
            .signer(signer.key().measuredInto(".ima", sha256("own")));
    SoftwareIma ima = new SoftwareIma().boot();
    for (int i = 0; i < before; i++) {
      Octets added = sha256("other " + i);
      policy.key(".ima", added).signer(other.key().measuredInto(".ima", added));
      ima.buffer(".ima", bytes("other " + i));
    }
    ima.buffer(".ima", bytes("own")).file("/opt/a", signer.sign(TpmAlg.SHA256, bytes("/opt/a")));

    ImaReplayed replayed =
        (ImaReplayed)
            ImaReplay.resume(ImaPosition.START, ima.segment(ImaFormat.BINARY), ima.quoted());
    ImaAppraisal appraisal = ImaAppraiser.appraise(replayed, policy.build());

    assertThat(appraisal.tally().count(verdict)).isEqualTo(1);
    assertThat(appraisal.position().measuredKeys()).hasSize(64);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static Octets sha256(String of) {
    return Octets.of(TpmAlg.SHA256.newDigest().digest(bytes(of)));
  }
}
