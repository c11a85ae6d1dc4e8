// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wire codec: cases 1 to 8 on each structure, and marshalling back to the bytes read. */
class TpmStructuresTest {
  /** 32 bytes, which make a name of SHA-256 behind 000b and of nothing behind another number. */
  private static final String DIGEST =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  /** A structure's name, bytes, and the way in and back out. */
  record Structure(String name, byte[] bytes, RoundTrip roundTrip) {
    @Override
    public String toString() {
      return name;
    }
  }

  interface RoundTrip {
    byte[] apply(byte[] bytes) throws MalformedEvidenceException;
  }

  static Stream<Structure> structures() {
    SoftwareAk p256 = SoftwareAk.p256();
    SoftwareAk rsa = SoftwareAk.rsa(TpmAlg.RSAPSS);
    byte[] message = {1};
    TpmCredential credential =
        (TpmCredential)
            MakeCredential.make(
                SoftwareEk.rsa().publicArea, p256.publicArea.name(), message, new SecureRandom());
    Stream<Structure> attests =
        Stream.of(AttestType.values())
            .map(
                type ->
                    new Structure(
                        "TPMS_ATTEST " + type,
                        Statement.quote(TpmAlg.SHA256).withAttested(Attestations.of(type)).bytes(),
                        TpmStructuresTest::remarshalled));
    Stream<Structure> others =
        Stream.of(
            new Structure(
                "TPMT_PUBLIC ecc", p256.publicArea.bytes(), TpmStructuresTest::remarshalledPublic),
            new Structure(
                "TPMT_PUBLIC rsa", rsa.publicArea.bytes(), TpmStructuresTest::remarshalledPublic),
            new Structure(
                "TPMT_PUBLIC storage key",
                SoftwareEk.ecc(TpmCurve.P384).publicArea.bytes(),
                TpmStructuresTest::remarshalledPublic),
            new Structure(
                "TPMT_SIGNATURE ecdsa",
                p256.sign(message).encode(),
                bytes -> TpmtSignature.parse(bytes).encode()),
            new Structure(
                "TPMT_SIGNATURE rsapss",
                rsa.sign(message).encode(),
                bytes -> TpmtSignature.parse(bytes).encode()),
            new Structure(
                "TPMT_SIGNATURE rsassa",
                SoftwareAk.rsa(TpmAlg.RSASSA).sign(message).encode(),
                bytes -> TpmtSignature.parse(bytes).encode()),
            new Structure(
                "TPML_PCR_SELECTION",
                Statement.ASKED.encode(),
                bytes -> PcrSelection.parse(bytes).encode()),
            new Structure(
                "PCR values",
                Statement.values(Statement.ASKED).encode(),
                bytes -> PcrValues.parse(bytes).encode()),
            new Structure(
                "credential", credential.encode(), bytes -> TpmCredential.parse(bytes).encode()),
            new Structure(
                "TPMS_CREATION_DATA of a primary key",
                Creations.primary(),
                bytes -> Creations.remarshalled(CreationData.parse(bytes))),
            new Structure(
                "TPMS_CREATION_DATA of a child",
                Creations.child(p256.publicArea.name(), p256.publicArea.name()),
                bytes -> Creations.remarshalled(CreationData.parse(bytes))));
    return Stream.concat(attests, others);
  }

  /** From the parsed fields, not from the bytes that are kept. */
  private static byte[] remarshalled(byte[] bytes) throws MalformedEvidenceException {
    TpmsAttest attest = TpmsAttest.parse(bytes);
    assertThat(attest.bytes()).isEqualTo(bytes);
    return TpmsAttest.marshal(
        attest.magic(),
        attest.qualifiedSigner(),
        attest.extraData(),
        attest.clockInfo(),
        attest.firmwareVersion(),
        attest.attested());
  }

  private static byte[] remarshalledPublic(byte[] bytes) throws MalformedEvidenceException {
    TpmtPublic area = TpmtPublic.parse(bytes);
    assertThat(area.bytes()).isEqualTo(bytes);
    return TpmtPublic.marshal(area.nameAlg(), area.attributes(), area.authPolicy(), area.key());
  }

  @ParameterizedTest
  @MethodSource("structures")
  void structure_marshalledAgain_isTheBytesRead(Structure structure) throws Exception {
    assertThat(structure.roundTrip.apply(structure.bytes)).isEqualTo(structure.bytes);
  }

  @ParameterizedTest
  @MethodSource("structures")
  void case01_truncatedAtEveryOffset_isMalformed(Structure structure) {
    for (int length = 0; length < structure.bytes.length; length++) {
      byte[] truncated = Arrays.copyOf(structure.bytes, length);
      assertThatThrownBy(() -> structure.roundTrip.apply(truncated))
          .as("cut after %d", length)
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("structures")
  void case02_trailingByte_isMalformed(Structure structure) {
    byte[] longer = Arrays.copyOf(structure.bytes, structure.bytes.length + 1);

    assertThatThrownBy(() -> structure.roundTrip.apply(longer))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("followed by 1 more bytes");
  }

  @Test
  void case03_wrappedAndBareAttest_areReadByTheParserAskedAlone() throws Exception {
    byte[] bare = Statement.quote(TpmAlg.SHA256).bytes();
    byte[] wrapped = new TpmWriter().tpm2b(bare).toByteArray();

    assertThat(TpmsAttest.parseTpm2b(wrapped)).isEqualTo(TpmsAttest.parse(bare));
    assertThatThrownBy(() -> TpmsAttest.parse(wrapped))
        .isInstanceOf(MalformedEvidenceException.class);
    assertThatThrownBy(() -> TpmsAttest.parseTpm2b(bare))
        .isInstanceOf(MalformedEvidenceException.class);
    assertThatThrownBy(() -> TpmsAttest.parseTpm2b(Arrays.copyOf(wrapped, wrapped.length + 1)))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  @Test
  void case03_wrappedAndBarePublic_areReadByTheParserAskedAlone() throws Exception {
    byte[] bare = SoftwareAk.p256().publicArea.bytes();
    byte[] wrapped = new TpmWriter().tpm2b(bare).toByteArray();

    assertThat(TpmtPublic.parseTpm2b(wrapped).name()).isEqualTo(TpmtPublic.parse(bare).name());
    assertThatThrownBy(() -> TpmtPublic.parse(wrapped))
        .isInstanceOf(MalformedEvidenceException.class);
    assertThatThrownBy(() -> TpmtPublic.parseTpm2b(bare))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  @Test
  void case04_tpm2bLongerThanItsType_isMalformed() {
    byte[] quote = Statement.quote(TpmAlg.SHA256).bytes();
    quote[6] = (byte) 0xff; // qualifiedSigner.size
    quote[7] = (byte) 0xff;

    MalformedEvidenceException malformed =
        catchThrowableOfType(MalformedEvidenceException.class, () -> TpmsAttest.parse(quote));

    assertThat(malformed.field()).isEqualTo("qualifiedSigner.size");
    assertThat(malformed.offset()).isEqualTo(6);
    assertThat(malformed.expected()).isEqualTo("at most 66");
    assertThat(malformed.actual()).isEqualTo("65535");
  }

  @Test
  void case04_structureLongerThanItsType_isMalformedBeforeItIsRead() {
    assertThatThrownBy(() -> TpmsAttest.parse(new byte[TpmsAttest.MAX_BYTES + 1]))
        .hasMessageContaining("at most 2304 bytes");
    assertThatThrownBy(() -> TpmtPublic.parse(new byte[TpmtPublic.MAX_BYTES + 1]))
        .hasMessageContaining("at most 1024 bytes");
    assertThatThrownBy(() -> TpmtSignature.parse(new byte[TpmtSignature.MAX_BYTES + 1]))
        .hasMessageContaining("at most 518 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "00000000, pcrSelection.count",
    "00000011000b03010000, pcrSelection.count",
    "80000000000b03010000, pcrSelection.count",
    "ffffffff000b03010000, pcrSelection.count",
    "00000001000b00, pcrSelection[0].sizeofSelect",
    "00000001000b020100, pcrSelection[0].sizeofSelect",
    "00000001000b0401000000, pcrSelection[0].sizeofSelect",
    "00000001000bff01000000, pcrSelection[0].sizeofSelect",
    "00000002000b03010000000b03020000, pcrSelection[1].hash", // case 6
    "00000001ffff03010000, pcrSelection[0].hash", // case 7
    "00000001001003010000, pcrSelection[0].hash",
  })
  void case05to07_selectionCountSizeDuplicateOrUnknownBank_isMalformed(String hex, String field) {
    byte[] bytes = Octets.fromHex(hex).bytes();

    MalformedEvidenceException malformed =
        catchThrowableOfType(MalformedEvidenceException.class, () -> PcrSelection.parse(bytes));

    assertThat(malformed.field()).isEqualTo(field);
    assertThat(malformed.reason()).isEqualTo("evidence_malformed");
  }

  @Test
  void case05_selectionsOfOneToSixteenBanks_areRead() throws Exception {
    PcrSelection two =
        PcrSelection.parse(Octets.fromHex("00000002000b03830001000c03100000").bytes());

    assertThat(two).isEqualTo(PcrSelection.of(TpmAlg.SHA256, 0, 1, 7, 16).and(TpmAlg.SHA384, 4));
    assertThat(two).hasToString("sha256:0,1,7,16+sha384:4");
    assertThat(two.size()).isEqualTo(5);
    assertThat(two.selects(TpmAlg.SHA256, 16)).isTrue();
    assertThat(two.selects(TpmAlg.SHA384, 0)).isFalse();
    assertThat(two.selects(TpmAlg.SHA1, 0)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0x0000, 0x0003, 0x0026, 0x801c, 0xffff})
  void case07_unknownAlgorithmInSignature_isMalformed(int id) {
    byte[] scheme = new TpmWriter().u16(id).u16(0x000b).u16(0).toByteArray();
    byte[] hash = new TpmWriter().u16(0x0014).u16(id).u16(0).toByteArray();

    assertThatThrownBy(() -> TpmtSignature.parse(scheme))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("sigAlg");
    assertThatThrownBy(() -> TpmtSignature.parse(hash))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("signature.hash");
  }

  @Test
  void case08_valuesMoreOrFewerThanSelected_areMalformed() {
    byte[] values = Statement.values(Statement.ASKED).encode();
    int countAt = Statement.ASKED.encode().length + 3;
    for (int count : new int[] {0, 4, 6, 255}) {
      byte[] other = values.clone();
      other[countAt] = (byte) count;
      assertThatThrownBy(() -> PcrValues.parse(other)).hasMessageContaining("pcrValues.count");
    }
  }

  @Test
  void case08_valueOfOtherLengthThanItsBank_isMalformed() {
    byte[] bytes =
        new TpmWriter()
            .bytes(PcrSelection.of(TpmAlg.SHA256, 0).encode())
            .u32(1)
            .tpm2b(new byte[20])
            .toByteArray();

    assertThatThrownBy(() -> PcrValues.parse(bytes))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("pcrValues.sha256[0]");
  }

  @Test
  void pcrValues_byBankAndIndex_areFound() {
    PcrValues values = Statement.values(Statement.ASKED);

    for (PcrSelection.Bank bank : Statement.ASKED.banks()) {
      for (int index = -1; index <= PcrSelection.PCRS; index++) {
        Optional<TpmDigest> expected =
            bank.selects(index)
                ? Optional.of(Statement.value(bank.hash(), index))
                : Optional.empty();
        assertThat(values.value(bank.hash(), index)).isEqualTo(expected);
      }
    }
    assertThat(values.value(TpmAlg.SHA1, 0)).isEmpty();
  }

  @Test
  void yesNoOtherThanZeroOrOne_isMalformed() {
    byte[] quote = Statement.quote(TpmAlg.SHA256).bytes();
    int safeAt = 4 + 2 + 2 + 4 + 2 + 32 + 8 + 4 + 4;
    assertThat(quote[safeAt]).isEqualTo((byte) 1);
    quote[safeAt] = 2;

    assertThatThrownBy(() -> TpmsAttest.parse(quote)).hasMessageContaining("clockInfo.safe");
  }

  /** After type, name algorithm, attributes and policy: the fields of a storage key of RSA. */
  @ParameterizedTest
  @CsvSource({
    "0006 0080 0043 0010 0400 00000000 0080, 128, ",
    "0006 00c0 0043 0010 0800 00000000 0100, 256, ",
    "0006 0100 0043 0010 0c00 00000000 0180, 384, ",
    "0010 0010 1000 00000000 0200, 512, ",
    "0006 0081 0043 0010 0800 00000000 0100, 256, 'symmetric.keyBits at byte 12 must be 128, 192 or"
        + " 256, was 129'",
    "0010 0010 0801 00000000 0100, 256, 'keyBits at byte 14 must be 1024, 2048, 3072 or 4096, was"
        + " 2049'",
    "0010 0010 0800 00000000 00ff, 255, 'unique.rsa at byte 20 must be 256 bytes, was 255 bytes'"
  })
  void rsaKey_ofAKnownSize_isRead(String fields, int modulus, String message) throws Exception {
    byte[] bytes =
        SoftwareIma.join(
            Octets.fromHex("0001000b00000000" + "0000" + fields.replace(" ", "")).bytes(),
            new byte[modulus]);

    if (message == null) {
      TpmtPublic read = TpmtPublic.parse(bytes);
      assertThat(read)
          .isEqualTo(TpmtPublic.parse(bytes))
          .hasSameHashCodeAs(TpmtPublic.parse(bytes));
      bytes[bytes.length - 1] = 1;
      assertThat(read).isNotEqualTo(TpmtPublic.parse(bytes));
    } else {
      assertThatThrownBy(() -> TpmtPublic.parse(bytes)).hasMessageEndingWith(message);
    }
  }

  @Test
  void reservedObjectAttributes_areMalformed() {
    byte[] area = SoftwareAk.p256().publicArea.bytes();
    for (int bit : List.of(0, 3, 12, 13, 14, 15, 20, 24, 31)) {
      byte[] reserved = area.clone();
      reserved[7 - bit / 8] |= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> TpmtPublic.parse(reserved))
          .as("bit %d", bit)
          .hasMessageContaining("without reserved bits");
    }
  }

  @Test
  void ecdsaSignature_inJavasForms_verifiesThere() throws Exception {
    for (TpmCurve curve : TpmCurve.values()) {
      SoftwareAk key = SoftwareAk.ecc(curve, TpmAlg.SHA256);
      byte[] message = {1, 2, 3};
      TpmtSignature.Ecdsa signature = (TpmtSignature.Ecdsa) key.sign(message);

      for (String algorithm : List.of("SHA256withECDSA", "SHA256withECDSAinP1363Format")) {
        java.security.Signature verifier = java.security.Signature.getInstance(algorithm);
        verifier.initVerify(key.publicArea.toEcPublicKey());
        verifier.update(message);
        byte[] encoded =
            algorithm.endsWith("Format")
                ? signature.p1363(curve).orElseThrow()
                : signature.der(curve).orElseThrow();
        assertThat(verifier.verify(encoded)).as("%s on %s", algorithm, curve).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"000b", "000b00", "00000000000000", "0014" + "00", "00", "010b" + DIGEST})
  void bytesThatAreNoName_areMalformed(String hex) {
    assertThatThrownBy(() -> TpmName.parse(Octets.fromHex(hex).bytes()))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  @Test
  void name_givesItsBytesAndItsHash() throws Exception {
    TpmName name = TpmName.parse(Octets.fromHex("000b" + DIGEST).bytes());

    assertThat(name.hex()).isEqualTo("000b" + DIGEST);
    assertThat(name).hasToString("000b" + DIGEST);
    assertThat(name.nameAlg()).contains(TpmAlg.SHA256);
    assertThat(TpmName.ENDORSEMENT_HIERARCHY.nameAlg()).isEmpty();
    assertThatThrownBy(() -> TpmName.ENDORSEMENT_HIERARCHY.qualifiedUnder(name))
        .isInstanceOf(IllegalStateException.class);
  }
}
