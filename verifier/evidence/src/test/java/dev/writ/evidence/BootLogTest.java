// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link BootLog}: what is read, and what is malformed; numbers are those of the negative cases. */
class BootLogTest {
  private static final byte[] VALID = SoftwareBootLog.grub().bytes();
  private static final int SPEC_ID_DATA = 32;

  @Test
  void log_read_hasItsEventsBanksAndBytes() throws Exception {
    SoftwareBootLog software = SoftwareBootLog.grub(TpmAlg.SHA1, TpmAlg.SHA256, TpmAlg.SHA384);
    byte[] bytes = software.bytes();

    BootLog log = BootLog.parse(bytes);

    assertThat(log.bytes()).isEqualTo(bytes);
    assertThat(log.banks())
        .containsExactly(
            new BootLog.Bank(0x4, 20), new BootLog.Bank(0xb, 32), new BootLog.Bank(0xc, 48));
    assertThat(log.events()).hasSize(1 + software.events.size());
    assertThat(log.startupLocality()).isEqualTo(3);
    BootEvent first = log.events().get(2);
    assertThat(first.type()).contains(BootEventType.EV_S_CRTM_VERSION);
    assertThat(first.data()).isEqualTo(Octets.of(SoftwareBootLog.utf16("firmware 1.0\0")));
    assertThat(first.digest(TpmAlg.SHA384))
        .contains(
            TpmDigest.of(TpmAlg.SHA384, TpmAlg.SHA384.newDigest().digest(first.data().bytes())));
    assertThat(first.digest(TpmAlg.SHA512)).isEmpty();
  }

  @Test
  void log_cutAtEachByte_isMalformedOrAShorterLog() {
    for (int length = 0; length < VALID.length; length++) {
      byte[] cut = Arrays.copyOf(VALID, length);
      try {
        BootLog log = BootLog.parse(cut);
        assertThat(encodes(log)).as("cut at %d", length).isTrue();
      } catch (MalformedEvidenceException e) {
        assertThat(e.offset()).isBetween(0, length);
      }
    }
  }

  /** Whether the log ends with an event of the whole one, or with a byte that pads it. */
  private static boolean encodes(BootLog log) {
    BootEvent last = log.events().get(log.events().size() - 1);
    int end = last.dataAt() + last.dataLength() + log.paddingBytes();
    return end == log.bytes().length;
  }

  @Test
  void log_empty_isMalformed() {
    assertThat(malformed(new byte[0]).expected()).isEqualTo("at least one event");
    assertThat(malformed(new byte[64]).expected()).isEqualTo("at least one event");
  }

  @Test
  void legacyLog_read_hasSha1Alone() throws Exception {
    byte[] event = SoftwareBootLog.bytes("firmware 1.0");
    byte[] digest = TpmAlg.SHA1.newDigest().digest(event);
    byte[] bytes = SoftwareBootLog.legacy(0, BootEventType.EV_S_CRTM_VERSION.code(), digest, event);

    BootLog log = BootLog.parse(bytes);

    assertThat(log.isCryptoAgile()).isFalse();
    assertThat(log.banks()).containsExactly(new BootLog.Bank(0x4, 20));
    assertThat(log.events().get(0).digest(TpmAlg.SHA1)).contains(TpmDigest.of(TpmAlg.SHA1, digest));
    assertThat(log.events().get(0).digest(TpmAlg.SHA256)).isEmpty();
  }

  @Test
  void case57_secondSpecIdEvent_isMalformed() {
    SoftwareBootLog software = SoftwareBootLog.grub();
    software.told(0, SoftwareBootLog.bytes("Spec ID Event03\0"));

    assertThat(malformed(software.bytes()).field()).endsWith(".specId");
  }

  @Test
  void case57_specIdEventOfAnotherVersion_isMalformed() {
    byte[] bytes = VALID.clone();
    bytes[SPEC_ID_DATA + 21] = 1;

    assertThat(malformed(bytes).field()).isEqualTo("event[0].specId.specVersion");
  }

  @Test
  void specId_withOtherSizeOfAKnownDigest_isMalformed() {
    byte[] bytes = VALID.clone();
    bytes[SPEC_ID_DATA + 30] = 20;

    MalformedEvidenceException e = malformed(bytes);

    assertThat(e.field()).isEqualTo("event[0].specId.digestSize");
    assertThat(e.expected()).isEqualTo("32");
    assertThat(e.actual()).isEqualTo("20");
  }

  @Test
  void specId_withAnAlgorithmTwice_isMalformed() {
    byte[] bytes = SoftwareBootLog.specId(List.of(TpmAlg.SHA256, TpmAlg.SHA256));

    assertThat(malformed(bytes).field()).isEqualTo("event[0].specId.algorithmId");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, BootLog.MAX_ALGORITHMS + 1, -1})
  void specId_withNoOrTooManyAlgorithms_isMalformed(int count) {
    byte[] bytes = VALID.clone();
    for (int i = 0; i < 4; i++) {
      bytes[SPEC_ID_DATA + 24 + i] = (byte) (count >>> 8 * i);
    }

    assertThat(malformed(bytes).field()).isEqualTo("event[0].specId.numberOfAlgorithms");
  }

  @Test
  void specId_withAsManyAlgorithmsAsAreTaken_isRead() {
    byte[] seven =
        SoftwareBootLog.specId(Arrays.stream(TpmAlg.values()).filter(TpmAlg::isHash).toList());
    byte[] bytes =
        SoftwareBootLog.concat(
            Arrays.copyOf(seven, seven.length - 1), new byte[] {0x12, 0, 1, 0, 0});
    bytes[SPEC_ID_DATA - 4] = (byte) (bytes[SPEC_ID_DATA - 4] + 4);
    bytes[SPEC_ID_DATA + 24] = 8;

    assertThat(SoftwareBootLog.parsed(bytes).banks())
        .hasSize(BootLog.MAX_ALGORITHMS)
        .endsWith(new BootLog.Bank(0x12, 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 255})
  void specId_withOtherSizeOfUintn_isMalformed(int size) {
    byte[] bytes = VALID.clone();
    bytes[SPEC_ID_DATA + 23] = (byte) size;

    assertThat(malformed(bytes).field()).isEqualTo("event[0].specId.uintnSize");
    bytes[SPEC_ID_DATA + 23] = 1;
    assertThat(SoftwareBootLog.parsed(bytes).events()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 65, 0xffff})
  void specId_withAnUnknownDigestOfNoLength_isMalformed(int size) {
    byte[] bytes = VALID.clone();
    bytes[SPEC_ID_DATA + 28] = 0x12;
    bytes[SPEC_ID_DATA + 30] = (byte) size;
    bytes[SPEC_ID_DATA + 31] = (byte) (size >>> 8);

    MalformedEvidenceException e = malformed(bytes);

    assertThat(e.expected()).isEqualTo("1 to 64");
    assertThat(e.offset()).isEqualTo(SPEC_ID_DATA + 30);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64})
  void specId_withAnUnknownDigestOfSomeLength_isRead(int size) {
    byte[] bytes = Arrays.copyOf(VALID, SPEC_ID_DATA + 33);
    bytes[SPEC_ID_DATA + 28] = 0x12;
    bytes[SPEC_ID_DATA + 30] = (byte) size;

    assertThat(SoftwareBootLog.parsed(bytes).banks()).containsExactly(new BootLog.Bank(0x12, size));
  }

  @Test
  void specId_withVendorInformation_isReadInsideItsSizeOrBehindIt() {
    byte[] data = Arrays.copyOfRange(VALID, SPEC_ID_DATA, SPEC_ID_DATA + 33);
    data[32] = 2;
    byte[] behind =
        SoftwareBootLog.concat(
            SoftwareBootLog.legacy(0, BootEventType.EV_NO_ACTION.code(), new byte[20], data),
            new byte[] {1, 2});
    byte[] inside =
        SoftwareBootLog.legacy(
            0,
            BootEventType.EV_NO_ACTION.code(),
            new byte[20],
            SoftwareBootLog.concat(data, new byte[] {1, 2}));

    assertThat(SoftwareBootLog.parsed(behind).events()).hasSize(1);
    assertThat(SoftwareBootLog.parsed(inside).events()).hasSize(1);
    assertThat(malformed(Arrays.copyOf(behind, behind.length - 1)).field())
        .isEqualTo("event[0].specId.vendorInfo");
    assertThat(malformed(Arrays.copyOf(inside, inside.length - 1)).field()).isNotBlank();
  }

  @Test
  void logs_areEqualByTheirBytes() throws Exception {
    BootLog log = BootLog.parse(VALID);

    assertThat(log)
        .isEqualTo(BootLog.parse(VALID.clone()))
        .hasSameHashCodeAs(BootLog.parse(VALID.clone()))
        .isNotEqualTo(BootLog.parse(SoftwareBootLog.uki().bytes()))
        .hasToString("BootLog(" + log.events().size() + " events, " + VALID.length + " bytes)");
    assertThat(log.sha256().value()).isEqualTo(SoftwareBootLog.id(VALID));
    assertThat(log.events().get(1))
        .hasToString("event 1 (EV_NO_ACTION, PCR 0)")
        .satisfies(event -> assertThat(event.typeCode()).isEqualTo(3))
        .satisfies(event -> assertThat(event.offset()).isEqualTo(SPEC_ID_DATA + 33));
  }

  @Test
  void specId_withADigest_isMalformed() {
    byte[] bytes = VALID.clone();
    bytes[8] = 1;

    assertThat(malformed(bytes).field()).isEqualTo("event[0].specId.digest");
    assertThat(malformed(bytes).offset()).isEqualTo(8);
  }

  @Test
  void specId_withSurplusBytes_isMalformed() {
    byte[] data = new byte[34];
    System.arraycopy(VALID, SPEC_ID_DATA, data, 0, 33);
    data[32] = 0;

    byte[] bytes = SoftwareBootLog.legacy(0, BootEventType.EV_NO_ACTION.code(), new byte[20], data);

    assertThat(malformed(SoftwareBootLog.concat(bytes, new byte[] {1})).field())
        .isEqualTo("event[0].specId");
  }

  @Test
  void event_withADigestThatIsNotAnnounced_isMalformed() {
    SoftwareBootLog sha384 = SoftwareBootLog.grub(TpmAlg.SHA384);
    byte[] bytes =
        SoftwareBootLog.concat(
            SoftwareBootLog.specId(List.of(TpmAlg.SHA256)),
            SoftwareBootLog.encode(sha384.events.get(1)));

    assertThat(malformed(bytes).field()).isEqualTo("event[1].digest.algorithm");
  }

  @Test
  void event_withADigestTwice_isMalformed() {
    byte[] bytes = SoftwareBootLog.grub(TpmAlg.SHA256, TpmAlg.SHA384).bytes();
    int secondId = SPEC_ID_DATA + 37 + 12 + 2 + 32;
    bytes[secondId] = 0xb;

    MalformedEvidenceException e = malformed(bytes);

    assertThat(e.field()).isEqualTo("event[1].digest.algorithm");
    assertThat(e.actual()).isEqualTo("0x000b again");
  }

  @Test
  void event_withTheSecondDigestTwice_isMalformed() {
    byte[] digest = SoftwareBootLog.concat(new byte[] {0xc, 0}, new byte[48]);
    byte[] bytes =
        SoftwareBootLog.concat(
            SoftwareBootLog.specId(List.of(TpmAlg.SHA256, TpmAlg.SHA384)),
            new byte[] {1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0},
            digest,
            digest,
            new byte[] {1, 0, 0, 0, 9});

    assertThat(malformed(bytes).field()).isEqualTo("event[1].digest.algorithm");
    assertThat(malformed(bytes).actual()).isEqualTo("0x000c again");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 5, 255})
  void case58_startupLocalityThatIsNone_isMalformed(int locality) throws Exception {
    SoftwareBootLog software = new SoftwareBootLog(TpmAlg.SHA256).locality(locality);

    if (locality == 0) {
      assertThat(BootLog.parse(software.bytes()).startupLocality()).isZero();
    } else {
      assertThat(malformed(software.bytes()).expected()).isEqualTo("0, 3 or 4");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 4})
  void case58_startupLocalityTwice_isMalformed(int first) {
    SoftwareBootLog software = new SoftwareBootLog(TpmAlg.SHA256).locality(first).locality(3);

    assertThat(malformed(software.bytes()).actual()).isEqualTo("told again");
  }

  @Test
  void case58_startupLocalityOfAnotherPcr_isMalformed() {
    SoftwareBootLog software = new SoftwareBootLog(TpmAlg.SHA256).locality(3);
    software.set(0, software.events.get(0).inPcr(1));

    assertThat(malformed(software.bytes()).expected()).isEqualTo("in PCR 0");
  }

  @Test
  void case58_startupLocalityAfterAMeasurement_isMalformed() {
    SoftwareBootLog software =
        new SoftwareBootLog(TpmAlg.SHA256)
            .add(0, BootEventType.EV_S_CRTM_VERSION, new byte[2])
            .locality(3);

    assertThat(malformed(software.bytes()).actual()).isEqualTo("after it");
  }

  @Test
  void case58_startupLocalityOfOtherLength_isMalformed() {
    SoftwareBootLog longer = new SoftwareBootLog(TpmAlg.SHA256);
    longer.told(0, SoftwareBootLog.bytes("StartupLocality\0\3\3"));
    SoftwareBootLog name = new SoftwareBootLog(TpmAlg.SHA256);
    name.told(0, SoftwareBootLog.bytes("StartupLocality"));

    assertThat(malformed(longer.bytes()).actual()).isEqualTo("18 bytes");
    assertThat(malformed(name.bytes()).actual()).isEqualTo("15 bytes");
  }

  @Test
  void case59_hardwareRootOfTrust_startsPcr0AtLocality4() throws Exception {
    SoftwareBootLog software =
        new SoftwareBootLog(TpmAlg.SHA256)
            .measure(0, BootEventType.EV_EFI_HCRTM_EVENT, new byte[] {7}, new byte[5])
            .add(0, BootEventType.EV_S_CRTM_VERSION, new byte[2]);
    software.locality = 4;
    BootLog log = BootLog.parse(software.bytes());

    assertThat(log.startupLocality()).isEqualTo(4);
    assertThat(BootLogReplay.values(log, TpmAlg.SHA256).get(0))
        .isEqualTo(software.values(PcrSelection.of(TpmAlg.SHA256, 0)).digests().get(0));
  }

  @Test
  void case59_hardwareRootOfTrustLater_isMalformed() {
    SoftwareBootLog later =
        new SoftwareBootLog(TpmAlg.SHA256)
            .add(0, BootEventType.EV_S_CRTM_VERSION, new byte[2])
            .add(0, BootEventType.EV_EFI_HCRTM_EVENT, new byte[5]);
    SoftwareBootLog elsewhere =
        new SoftwareBootLog(TpmAlg.SHA256).add(1, BootEventType.EV_EFI_HCRTM_EVENT, new byte[5]);

    assertThat(malformed(later.bytes()).actual()).isEqualTo("a later one");
    assertThat(malformed(elsewhere.bytes()).actual()).isEqualTo("one into PCR 1");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void case59_hardwareRootOfTrustUnderAnotherLocality_isMalformed(int locality) {
    SoftwareBootLog software =
        new SoftwareBootLog(TpmAlg.SHA256)
            .locality(locality)
            .add(0, BootEventType.EV_EFI_HCRTM_EVENT, new byte[5]);

    assertThat(malformed(software.bytes()).field()).isEqualTo("startupLocality");
  }

  @ParameterizedTest
  @ValueSource(longs = {3_000_000_000L, BootLog.MAX_EVENT_BYTES + 1, 0xffff_ffffL})
  void case65_hugeEvent_isMalformedBeforeAnythingIsTaken(long size) {
    byte[] bytes = SoftwareBootLog.concat(VALID, SoftwareBootLog.encode(separator()));
    for (int i = 0; i < 4; i++) {
      bytes[bytes.length - 8 + i] = (byte) (size >>> 8 * i);
    }

    MalformedEvidenceException e = malformed(bytes);

    assertThat(e.field()).endsWith(".size");
    assertThat(e.actual()).isEqualTo(Long.toString(size));
  }

  @Test
  void case65_tooManyEvents_areMalformed() {
    SoftwareBootLog software = new SoftwareBootLog(TpmAlg.SHA256);
    for (int i = 0; i < BootLog.MAX_EVENTS; i++) {
      software.events.add(separator());
    }

    MalformedEvidenceException e = malformed(software.bytes());

    assertThat(e.field()).isEqualTo("events");
    assertThat(e.expected()).isEqualTo("at most " + BootLog.MAX_EVENTS);
  }

  @Test
  void case65_logAtItsLimits_isRead() throws Exception {
    SoftwareBootLog events = new SoftwareBootLog(TpmAlg.SHA256);
    for (int i = 1; i < BootLog.MAX_EVENTS; i++) {
      events.events.add(separator());
    }
    SoftwareBootLog data =
        new SoftwareBootLog(TpmAlg.SHA256)
            .add(1, BootEventType.EV_POST_CODE, new byte[BootLog.MAX_EVENT_BYTES]);
    byte[] longest = Arrays.copyOf(VALID, BootLog.MAX_BYTES);

    assertThat(BootLog.parse(events.bytes()).events()).hasSize(BootLog.MAX_EVENTS);
    assertThat(BootLog.parse(data.bytes()).events().get(1).dataLength())
        .isEqualTo(BootLog.MAX_EVENT_BYTES);
    assertThat(BootLog.parse(longest).paddingBytes()).isEqualTo(BootLog.MAX_BYTES - VALID.length);
  }

  @Test
  void case65_tooLongLog_isMalformed() {
    assertThat(malformed(Arrays.copyOf(VALID, BootLog.MAX_BYTES + 1)).field()).isEqualTo("bootLog");
  }

  @ParameterizedTest
  @ValueSource(ints = {24, 32, 255, Integer.MAX_VALUE, -1})
  void case65_pcrThatIsNone_isMalformed(int pcr) {
    SoftwareBootLog software = SoftwareBootLog.grub();
    software.events.add(separator().inPcr(pcr));

    MalformedEvidenceException e = malformed(software.bytes());

    assertThat(e.field()).endsWith(".pcr");
    assertThat(e.actual()).isEqualTo(Integer.toUnsignedString(pcr));
  }

  @Test
  void case65_onlyATrustPointOfWindowsBelongsToNoPcr() throws Exception {
    SoftwareBootLog software = SoftwareBootLog.grub();
    software.events.add(separator().ofType(BootEventType.EV_NO_ACTION).inPcr(-1));

    BootLog log = BootLog.parse(software.bytes());

    assertThat(log.events().get(log.events().size() - 1).pcr()).isEqualTo(BootEvent.NO_PCR);
    software.events.add(separator().ofType(BootEventType.EV_NO_ACTION).inPcr(24));
    assertThat(malformed(software.bytes()).field()).endsWith(".pcr");
  }

  @ParameterizedTest
  @ValueSource(bytes = {0, -1})
  void case66_paddingOfOneByte_isAccepted(byte filling) throws Exception {
    byte[] bytes = Arrays.copyOf(VALID, VALID.length + 4096);
    Arrays.fill(bytes, VALID.length, bytes.length, filling);

    BootLog log = BootLog.parse(bytes);

    assertThat(log.paddingBytes()).isEqualTo(4096);
    assertThat(log.events()).hasSameSizeAs(BootLog.parse(VALID).events());
    assertThat(log.bytes()).isEqualTo(bytes);
  }

  @Test
  void case66_paddingOfOtherOrMixedBytes_isMalformed() {
    byte[] other = Arrays.copyOf(VALID, VALID.length + 64);
    Arrays.fill(other, VALID.length, other.length, (byte) 0x20);
    byte[] mixed = Arrays.copyOf(VALID, VALID.length + 64);
    mixed[mixed.length - 1] = (byte) 0xff;
    byte[] hidden = SoftwareBootLog.concat(VALID, new byte[64], VALID);

    assertThat(malformed(other)).isNotNull();
    assertThat(malformed(mixed)).isNotNull();
    assertThat(malformed(hidden)).isNotNull();
  }

  private static SoftwareBootLog.Logged separator() {
    return new SoftwareBootLog(TpmAlg.SHA256)
        .record(1, BootEventType.EV_SEPARATOR, new byte[4], new byte[] {0, 0, 0, 9});
  }

  private static MalformedEvidenceException malformed(byte[] bytes) {
    MalformedEvidenceException e =
        catchThrowableOfType(MalformedEvidenceException.class, () -> BootLog.parse(bytes));
    assertThat(e).as("must be malformed").isNotNull();
    return e;
  }
}
