// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Measurement lists of other projects, against the values that they give. */
class ImaVectorsTest {
  private static final String RUST_KEYLIME =
      "rust-keylime/keylime-agent/test-data/ima/ascii_runtime_measurements";
  private static final String TPM2_TSS = "tpm2-tss/test/data/fapi/eventlog/sml-";

  private static final TpmDigest SHA256 =
      new TpmDigest(
          TpmAlg.SHA256,
          Octets.fromHex("c4a065637fc6a7c55f2811dd06cb45dd037133be2b3dc5c3e6fbe6bf061db724"));

  private static ImaSegment rustKeylime() throws IOException {
    return ImaSegment.of(0, ImaFormat.ASCII, TpmAlg.SHA1, Vectors.bytes(RUST_KEYLIME));
  }

  private static PcrValues pcr10(TpmDigest value) {
    return new PcrValues(PcrSelection.of(value.hash(), 10), List.of(value));
  }

  @Test
  void rustKeylimeList_givesThePublishedSha256() throws Exception {
    ImaOutcome outcome = ImaReplay.resume(ImaPosition.START, rustKeylime(), pcr10(SHA256));

    assertThat(outcome)
        .isInstanceOfSatisfying(
            ImaReplayed.class,
            replayed -> {
              assertThat(replayed.matched()).isEqualTo(826);
              assertThat(replayed.ignored()).isZero();
              assertThat(replayed.bootAggregateChecked()).isFalse();
            });
  }

  @Test
  void rustKeylimeList_givesThePublishedSha1_whichIsReportedAlone() throws Exception {
    assertThat(ImaReplay.valueAfter(rustKeylime(), TpmAlg.SHA1))
        .hasToString("sha1:82231c67a69da98dc5b3aa10f6343d33109225fc");
  }

  @Test
  void rustKeylimeListOfOneEntry_hasItsTemplateDigest() throws Exception {
    ImaSegment list = ascii("ima_log.txt");
    PcrValues quoted = pcr10(ImaReplay.valueAfter(list, TpmAlg.SHA256));

    assertThat(ImaReplay.resume(ImaPosition.START, list, quoted))
        .isInstanceOfSatisfying(
            ImaReplayed.class, replayed -> assertThat(replayed.matched()).isEqualTo(1));
  }

  @Test
  void rustKeylimeListThatIsNone_isMalformed() throws Exception {
    ImaSegment list = ascii("invalid_ima_log.txt");

    assertThatThrownBy(() -> ImaReplay.valueAfter(list, TpmAlg.SHA256))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  private static ImaSegment ascii(String name) throws IOException {
    byte[] list = Vectors.bytes("rust-keylime/keylime/test-data/" + name);
    return ImaSegment.of(0, ImaFormat.ASCII, TpmAlg.SHA1, list);
  }

  @Test
  void rustKeylimeList_resumedAtEachEntry_givesThePublishedSha256() throws Exception {
    byte[] list = Vectors.bytes(RUST_KEYLIME);
    ImaPosition position = ImaPosition.START;
    int at = 0;
    for (int end = at; end < list.length; end++) {
      if (list[end] != '\n') {
        continue;
      }
      byte[] line = Arrays.copyOfRange(list, at, end + 1);
      byte[] upTo = Arrays.copyOf(list, end + 1);
      ImaSegment whole = ImaSegment.of(0, ImaFormat.ASCII, TpmAlg.SHA1, upTo);
      PcrValues quoted = pcr10(ImaReplay.valueAfter(whole, TpmAlg.SHA256));
      ImaSegment next = ImaSegment.of(position.entries(), ImaFormat.ASCII, TpmAlg.SHA1, line);
      position = ((ImaReplayed) ImaReplay.resume(position, next, quoted)).position();
      at = end + 1;
    }

    assertThat(position.entries()).isEqualTo(826);
    assertThat(position.value(TpmAlg.SHA256)).contains(SHA256);
  }

  /**
   * tpm2-tss gives the template digests inside its lists, and how many entries they have. Three files
   * end in bytes that are no entry. The sums are this test's own, made once with another program.
   */
  @ParameterizedTest
  @CsvSource({
    "ima-ng-sha1, 6, 1, 700a1bb47bc2bc005f2d8e23d80e2a1e301733c1d29023c52d1d7d149719eb64",
    "ima-sig-sha256, 9, 6, a7e76625386d3dc6248552e44a3b2b1bebb6f2ff3acc9bd220821ad22f7a9d6a",
    "ima-sig-sha256-invalidated, 2, 0,"
        + " 338c5ec5cba3d64a886cc6f369f10e5209bf8f49db078635723bb1ed8091b2ba",
    "ima-sha1, 12, 1, ''"
  })
  void tpm2TssList_withoutWhatIsNoEntry_hasItsTemplateDigests(
      String name, int entries, int behind, String sum) throws Exception {
    byte[] published = bytes(name);
    ImaSegment list = binary(Arrays.copyOf(published, published.length - behind));
    TpmDigest value = ImaReplay.valueAfter(list, TpmAlg.SHA256);
    assertThat(value.value().hex()).contains(sum);

    assertThat(ImaReplay.resume(ImaPosition.START, list, pcr10(value)))
        .isInstanceOfSatisfying(
            ImaReplayed.class, replayed -> assertThat(replayed.matched()).isEqualTo(entries));
    if (behind > 0) {
      assertThatThrownBy(() -> ImaReplay.resume(ImaPosition.START, binary(published), pcr10(value)))
          .isInstanceOf(MalformedEvidenceException.class)
          .hasMessageStartingWith("imaList[" + entries + "].");
    }
  }

  @Test
  void tpm2TssListThatIsAViolationAlone_isReadAndRefused() throws Exception {
    ImaSegment list = binary(bytes("ima-sha1-invalidated"));
    ImaEntry entry = new ImaEntry();

    assertThat(list.entries().next(entry)).isTrue();
    assertThat(entry.violation).isTrue();
    assertThat(entry.pathIs("boot_aggregate")).isTrue();
    assertThat(
            ImaReplay.resume(
                ImaPosition.START, list, pcr10(ImaReplay.valueAfter(list, TpmAlg.SHA256))))
        .isEqualTo(new ImaOutcome.BootAggregateMissing());
  }

  @Test
  void tpm2TssListWithoutItsLastByte_isMalformed() throws Exception {
    ImaSegment list = binary(bytes("ima-ng-sha1-invalidated"));

    assertThatThrownBy(() -> ImaReplay.valueAfter(list, TpmAlg.SHA256))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessage("imaList[0].data at byte 0 must be 49 bytes, was cut off after 48");
  }

  private static ImaSegment binary(byte[] list) {
    return ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, list);
  }

  private static byte[] bytes(String name) throws IOException {
    return Base64.getMimeDecoder().decode(Vectors.text(TPM2_TSS + name + ".b64"));
  }
}
