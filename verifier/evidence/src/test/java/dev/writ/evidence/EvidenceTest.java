// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The evidence package: sections 1 to 8, each at most once, in order, ending at the end. */
class EvidenceTest {
  private final SoftwareAk ak = SoftwareAk.p256();
  private final byte[] quote = Statement.quote(TpmAlg.SHA256).bytes();
  private final byte[] signature = ak.sign(quote).encode();
  private final PcrValues values = Statement.values(Statement.ASKED);
  private final TpmtPublic key = InstanceKey.publicArea();
  private final byte[] certification = Statement.certification(key).bytes();
  private final byte[] certificationSignature = ak.sign(certification).encode();

  private Evidence full() throws MalformedEvidenceException {
    return Evidence.builder()
        .quote(quote, signature)
        .pcrValues(values)
        .keyCertification(key.bytes(), certification, certificationSignature)
        .build();
  }

  @Test
  void builtPackage_parsed_holdsWhatWasPutIn() throws Exception {
    Evidence evidence = Evidence.parse(full().bytes());

    assertThat(evidence.quote().bytes()).isEqualTo(quote);
    assertThat(evidence.quoteSignature().encode()).isEqualTo(signature);
    assertThat(evidence.pcrValues()).isEqualTo(values);
    Evidence.KeyCertification certified = evidence.keyCertification().orElseThrow();
    assertThat(certified.key()).isEqualTo(key);
    assertThat(certified.attest().bytes()).isEqualTo(certification);
    assertThat(certified.signature().encode()).isEqualTo(certificationSignature);
    assertThat(evidence.digest()).isEqualTo(TpmAlg.SHA256.newDigest().digest(evidence.bytes()));
  }

  @Test
  void packageWithoutKey_parsed_holdsNoCertification() throws Exception {
    Evidence evidence = Evidence.builder().quote(quote, signature).pcrValues(values).build();

    assertThat(evidence.keyCertification()).isEmpty();
  }

  @Test
  void packageWithLogs_parsed_holdsThemCoded() throws Exception {
    byte[] bootLog = new byte[60_000];
    byte[] imaList = "10 00 ima-ng sha256:00 /bin/true\n".repeat(100).getBytes(UTF_8);
    Evidence evidence =
        Evidence.parse(
            Evidence.builder()
                .quote(quote, signature)
                .pcrValues(values)
                .bootLog(bootLog)
                .imaList(imaList)
                .build()
                .bytes());

    assertThat(evidence.bytes().length).isLessThan(2_000);
    assertThat(evidence.bootLog().orElseThrow().expand()).isEqualTo(bootLog);
    assertThat(evidence.imaList().orElseThrow().expand()).isEqualTo(imaList);
    assertThat(full().bootLog()).isEmpty();
    assertThat(full().imaList()).isEmpty();
  }

  @Test
  void packageWithLogs_kept_hasTheirDigestsInTheirPlace() throws Exception {
    Evidence evidence =
        Evidence.builder()
            .quote(quote, signature)
            .pcrValues(values)
            .keyCertification(key.bytes(), certification, certificationSignature)
            .imaList(new byte[50])
            .build();
    Map<Integer, byte[]> kept = sections();
    kept.put(0x108, TpmAlg.SHA256.newDigest().digest(CodedLog.encode(new byte[50])));

    assertThat(evidence.kept()).isEqualTo(assembled(kept));
    assertThat(evidence.digest()).isEqualTo(TpmAlg.SHA256.newDigest().digest(assembled(kept)));
    assertThat(full().kept()).isEqualTo(full().bytes());
    assertThatThrownBy(() -> Evidence.parse(assembled(kept))).hasMessageContaining("sectionId");
  }

  @Test
  void keptPackage_parsed_hasStatementsAndDigests() throws Exception {
    byte[] log = CodedLog.encode(new byte[50]);
    Map<Integer, byte[]> sections = sections();
    sections.put(7, log);
    Evidence evidence = Evidence.parse(assembled(sections));

    KeptEvidence kept = KeptEvidence.parse(evidence.kept());

    assertThat(kept.statements().quote().bytes()).isEqualTo(evidence.quote().bytes());
    assertThat(kept.bootLog())
        .contains(TpmDigest.of(TpmAlg.SHA256, TpmAlg.SHA256.newDigest().digest(log)));
    assertThat(kept.imaList()).isEmpty();
    assertThat(evidence.bootLog().orElseThrow().bytes()).isEqualTo(log);
    assertThat(CodedLog.ofBootLog(log).expand()).isEqualTo(new byte[50]);
  }

  @Test
  void keptPackage_withALogOrAnotherSection_isMalformed() {
    for (int id : new int[] {7, 8, 9, 0x101, 0x106, 0x109}) {
      Map<Integer, byte[]> sections = sections();
      sections.put(id, CodedLog.encode(new byte[50]));
      assertThatThrownBy(() -> KeptEvidence.parse(assembled(sections)))
          .isInstanceOf(MalformedEvidenceException.class);
    }
    Map<Integer, byte[]> sections = sections();
    sections.put(0x107, new byte[31]);
    assertThatThrownBy(() -> KeptEvidence.parse(assembled(sections)))
        .hasMessageContaining("32 bytes");
  }

  @Test
  void case93_logThatSaysToBeTooLong_isMalformedUnexpanded() {
    Map<Integer, Integer> longest = Map.of(7, 1 << 20, 8, ImaSegment.MAX_BYTES);
    longest.forEach(
        (id, most) -> {
          Map<Integer, byte[]> sections = sections();
          sections.put(id, new TpmWriter().u8(1).u32(most + 1L).toByteArray());
          assertThatThrownBy(() -> Evidence.parse(assembled(sections)))
              .hasMessageContaining("length")
              .hasMessageContaining("at most " + most);
        });
  }

  @Test
  void case04_logSectionLongerThanItMayBe_isMalformed() {
    byte[] log = new byte[(1 << 20) - 4];
    Map<Integer, byte[]> sections = sections();
    sections.put(8, new TpmWriter().u8(0).u32(log.length).bytes(log).toByteArray());
    assertThatThrownBy(() -> Evidence.parse(assembled(sections)))
        .hasMessageContaining("sectionLength");
  }

  @Test
  void case01_truncatedAtEveryOffset_isMalformed() throws Exception {
    byte[] bytes = full().bytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] truncated = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Evidence.parse(truncated))
          .as("cut after %d", length)
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @Test
  void case02_trailingByteAfterPackageOrInSection_isMalformed() throws Exception {
    byte[] bytes = full().bytes();
    assertThatThrownBy(() -> Evidence.parse(Arrays.copyOf(bytes, bytes.length + 1)))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("followed by 1 more bytes");

    Map<Integer, byte[]> sections = sections();
    for (int id = 1; id <= 6; id++) {
      Map<Integer, byte[]> longer = new TreeMap<>(sections);
      longer.computeIfPresent(id, (i, content) -> Arrays.copyOf(content, content.length + 1));
      assertThatThrownBy(() -> Evidence.parse(assembled(longer)))
          .as("section %d", id)
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @Test
  void case03_attestBehindItsTpm2bSize_isMalformed() {
    byte[] wrapped = new TpmWriter().tpm2b(quote).toByteArray();

    assertThatThrownBy(() -> Evidence.builder().quote(wrapped, signature).pcrValues(values).build())
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageStartingWith("quote.");
  }

  @Test
  void case04_sectionLengthsBeyondThePackage_areMalformed() throws Exception {
    for (long length : List.of(65_535L, 65_537L, 0x7fffffffL, 0x80000000L, 0xffffffffL)) {
      byte[] bytes = full().bytes();
      byte[] field = new TpmWriter().u32(length).toByteArray();
      System.arraycopy(field, 0, bytes, 10, 4);
      assertThatThrownBy(() -> Evidence.parse(bytes))
          .as("length %d", length)
          .isInstanceOf(MalformedEvidenceException.class);
    }
    assertThatThrownBy(() -> Evidence.parse(new byte[Evidence.MAX_BYTES + 1]))
        .hasMessageContaining("at most 2097152 bytes");
  }

  @Test
  void missingSection_isMalformedByItsName() {
    Map<Integer, String> names =
        Map.of(1, "quote", 2, "quoteSignature", 3, "pcrs", 4, "key", 5, "keyAttest");
    names.forEach(
        (id, name) -> {
          Map<Integer, byte[]> fewer = sections();
          fewer.remove(id);
          MalformedEvidenceException malformed =
              catchThrowableOfType(
                  MalformedEvidenceException.class, () -> Evidence.parse(assembled(fewer)));
          assertThat(malformed.field()).isEqualTo(name);
          assertThat(malformed.actual()).isEqualTo("absent");
        });
    Map<Integer, byte[]> onlyKey = sections();
    onlyKey.remove(5);
    onlyKey.remove(6);
    assertThatThrownBy(() -> Evidence.parse(assembled(onlyKey))).hasMessageContaining("keyAttest");
  }

  @Test
  void unknownRepeatedOrUnorderedSection_isMalformed() {
    for (int[] ids : new int[][] {{0, 1, 2, 3}, {1, 2, 3, 9}, {1, 2, 2, 3}, {2, 1, 3}, {1, 3, 2}}) {
      TpmWriter out = new TpmWriter().u32(0x57524954).u16(1).u16(ids.length);
      Map<Integer, byte[]> sections = sections();
      for (int id : ids) {
        byte[] content = sections.getOrDefault(id, new byte[1]);
        out.u16(id).u32(content.length).bytes(content);
      }
      assertThatThrownBy(() -> Evidence.parse(out.toByteArray()))
          .as(Arrays.toString(ids))
          .isInstanceOf(MalformedEvidenceException.class)
          .hasMessageContaining("sectionId");
    }
  }

  @Test
  void magicOrVersionWrong_isMalformed() throws Exception {
    byte[] magic = full().bytes();
    magic[3] ^= 1;
    byte[] version = full().bytes();
    version[5] = 2;

    assertThatThrownBy(() -> Evidence.parse(magic)).hasMessageContaining("magic");
    assertThatThrownBy(() -> Evidence.parse(version)).hasMessageContaining("version");
  }

  @Test
  void malformedField_isNamedWithItsSectionAndOffsetInThePackage() throws Exception {
    byte[] bytes = full().bytes();
    int signerSizeAt = 8 + 6 + 6; // package head, section head, magic and type
    bytes[signerSizeAt] = (byte) 0xff;

    MalformedEvidenceException malformed =
        catchThrowableOfType(MalformedEvidenceException.class, () -> Evidence.parse(bytes));

    assertThat(malformed.field()).isEqualTo("quote.qualifiedSigner.size");
    assertThat(malformed.offset()).isEqualTo(signerSizeAt);
  }

  private Map<Integer, byte[]> sections() {
    Map<Integer, byte[]> sections = new TreeMap<>();
    sections.put(1, quote);
    sections.put(2, signature);
    sections.put(3, values.encode());
    sections.put(4, key.bytes());
    sections.put(5, certification);
    sections.put(6, certificationSignature);
    return sections;
  }

  /** The format of the package documentation, written without the builder. */
  private static byte[] assembled(Map<Integer, byte[]> sections) {
    TpmWriter out = new TpmWriter().u32(0x57524954).u16(1).u16(sections.size());
    sections.forEach((id, content) -> out.u16(id).u32(content.length).bytes(content));
    return out.toByteArray();
  }
}
