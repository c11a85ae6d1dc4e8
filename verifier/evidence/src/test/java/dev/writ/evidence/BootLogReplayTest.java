// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.ReferenceValues.Pcr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link BootLogReplay}: what the log says of each quoted PCR. */
class BootLogReplayTest {
  private static final PcrSelection QUOTED = SoftwareBootLog.QUOTED;

  private final SoftwareBootLog software = SoftwareBootLog.grub();

  @Test
  void log_ofItsMachine_explainsEveryPcr() {
    List<PcrReplay> results = compare(software, software);

    assertThat(results).hasSize(QUOTED.size()).allMatch(PcrReplay::matches);
    assertThat(of(results, 11)).isEqualTo(new PcrReplay.Matched(pcr(11), 0, List.of()));
    assertThat(of(results, 4)).isEqualTo(new PcrReplay.Matched(pcr(4), 5, List.of()));
  }

  @Test
  void log_inSeveralBanks_explainsEachAndLeavesSha1Out() {
    SoftwareBootLog banks = SoftwareBootLog.grub(TpmAlg.SHA1, TpmAlg.SHA256, TpmAlg.SHA384);
    PcrSelection selection =
        PcrSelection.of(TpmAlg.SHA1, 0, 7).and(TpmAlg.SHA256, 0, 7).and(TpmAlg.SHA384, 4);

    List<PcrReplay> results = BootLogReplay.compare(banks.parsed(), banks.values(selection));

    assertThat(results).allMatch(PcrReplay::matches);
    assertThat(results)
        .extracting(PcrReplay::pcr)
        .containsExactly(
            new Pcr(TpmAlg.SHA256, 0), new Pcr(TpmAlg.SHA256, 7), new Pcr(TpmAlg.SHA384, 4));
  }

  @Test
  void case54_pcrWithValueAndWithoutEvents_isTold() {
    SoftwareBootLog machine = software.copy().add(13, BootEventType.EV_IPL, new byte[] {1});

    PcrReplay result = of(compare(software, machine), 13);

    assertThat(result).isInstanceOf(PcrReplay.NoEvents.class);
    assertThat(result.reason()).isEqualTo("pcr_without_events");
    assertThat(result.message()).contains("which has none of it");
  }

  @Test
  void case54_firmwarePcrWhoseEventsAreLeftOut_isTold() {
    SoftwareBootLog log = software.copy();
    log.events.removeIf(record -> record.pcr() == 7);

    assertThat(of(compare(log, software), 7)).isInstanceOf(PcrReplay.NoEvents.class);
  }

  @Test
  void case56_measurementToldAsNotMeasured_doesNotReplay() {
    int crtm = software.find(0, BootEventType.EV_S_CRTM_VERSION);
    SoftwareBootLog log = software.copy();
    log.set(crtm, log.events.get(crtm).ofType(BootEventType.EV_NO_ACTION));

    PcrReplay result = of(compare(log, software), 0);

    assertThat(result).isInstanceOf(PcrReplay.Mismatch.class);
    assertThat(result.reason()).isEqualTo("pcr_log_mismatch");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void case58_otherStartupLocality_doesNotReplay(int locality) {
    SoftwareBootLog machine = software.copy();
    machine.locality = locality;

    assertThat(of(compare(software, machine), 0)).isInstanceOf(PcrReplay.Mismatch.class);
  }

  @Test
  void case60_eventWithoutDigestOfAQuotedBank_isTold() {
    SoftwareBootLog banks = SoftwareBootLog.grub(TpmAlg.SHA256, TpmAlg.SHA384);
    SoftwareBootLog log = banks.copy();
    log.set(5, log.events.get(5).without(TpmAlg.SHA384));
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, 7).and(TpmAlg.SHA384, 7);

    List<PcrReplay> results = BootLogReplay.compare(log.parsed(), banks.values(selection));

    assertThat(results.get(0).matches()).isTrue();
    assertThat(results.get(1)).isEqualTo(new PcrReplay.DigestMissing(new Pcr(TpmAlg.SHA384, 7), 6));
  }

  @Test
  void case69_logThatGoesOnWhereTheQuoteEnds_isAnUnexplainedExtend() {
    SoftwareBootLog log = software.copy().add(5, BootEventType.EV_EFI_ACTION, new byte[] {65});
    int before = logged(software, 5);

    PcrReplay result = of(compare(log, software), 5);

    assertThat(result)
        .isInstanceOfSatisfying(
            PcrReplay.UnexplainedExtend.class,
            unexplained -> {
              assertThat(unexplained.logged()).isEqualTo(before + 1);
              assertThat(unexplained.explained()).isEqualTo(OptionalInt.of(before));
            });
    assertThat(result.message()).startsWith("unexplained extend in PCR 5 of sha256: ");
  }

  @Test
  void case69_logOfAPcrThatWasNeverExtended_isAnUnexplainedExtend() {
    SoftwareBootLog machine = software.copy();
    machine.events.removeIf(record -> record.pcr() == 9);

    assertThat(of(compare(software, machine), 9))
        .isInstanceOfSatisfying(
            PcrReplay.UnexplainedExtend.class,
            unexplained -> assertThat(unexplained.explained()).hasValue(0));
  }

  @Test
  void case69_extendByUserspace_isAnUnexplainedExtendAndNoBareMismatch() {
    SoftwareBootLog machine =
        software.copy().add(9, BootEventType.EV_IPL, SoftwareBootLog.bytes("nvpcr-init:hardware"));

    PcrReplay result = of(compare(software, machine), 9);

    assertThat(result)
        .isInstanceOfSatisfying(
            PcrReplay.UnexplainedExtend.class,
            unexplained -> assertThat(unexplained.explained()).isEmpty());
    assertThat(result.reason()).isEqualTo("pcr_unexplained_extend");
    assertThat(result.message())
        .startsWith("unexplained extend in PCR 9 of sha256: ")
        .contains("userspace");
  }

  @Test
  void bootPhasesOfSystemd_afterTheSections_areNamed() {
    SoftwareBootLog uki = SoftwareBootLog.uki();
    SoftwareBootLog machine = uki.copy();
    List<String> phases = List.of("enter-initrd", "leave-initrd", "sysinit", "ready");
    phases.forEach(phase -> machine.add(11, BootEventType.EV_IPL, SoftwareBootLog.bytes(phase)));

    assertThat(of(compare(uki, machine), 11)).isEqualTo(new PcrReplay.Matched(pcr(11), 8, phases));
    machine.add(11, BootEventType.EV_IPL, SoftwareBootLog.bytes("other"));
    assertThat(of(compare(uki, machine), 11)).isInstanceOf(PcrReplay.UnexplainedExtend.class);
  }

  @Test
  void pcrsOfOtherLogs_areJudgedWhereTheLogHasEventsOfThem() {
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, 0, 10, 16, 23);
    SoftwareBootLog machine = software.copy();
    for (int pcr : new int[] {10, 16, 23}) {
      machine.add(pcr, BootEventType.EV_IPL, new byte[] {1});
    }

    assertThat(BootLogReplay.compare(software.parsed(), machine.values(selection)))
        .extracting(result -> result.pcr().index())
        .containsExactly(0);
    assertThat(BootLogReplay.compare(machine.parsed(), machine.values(selection)))
        .hasSize(4)
        .allMatch(PcrReplay::matches);
    assertThat(BootLogReplay.compare(machine.parsed(), software.values(selection)))
        .filteredOn(result -> !result.matches())
        .hasSize(3);
  }

  @Test
  void pcrsOfADynamicLaunch_startAtOnesOrAtZeroesWithIt() {
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, 17, 18);
    SoftwareBootLog log = new SoftwareBootLog(TpmAlg.SHA256);
    log.add(17, BootEventType.EV_EVENT_TAG, new byte[] {1});
    byte[] launched =
        TpmAlg.SHA256
            .newDigest()
            .digest(
                SoftwareBootLog.concat(
                    new byte[32], TpmAlg.SHA256.newDigest().digest(new byte[] {1})));
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 0xff);

    assertThat(BootLogReplay.compare(log.parsed(), log.values(selection)))
        .as("no launch")
        .allMatch(PcrReplay::matches);
    assertThat(BootLogReplay.compare(log.parsed(), values(selection, launched, new byte[32])))
        .as("a launch")
        .allMatch(PcrReplay::matches);
    assertThat(BootLogReplay.compare(log.parsed(), values(selection, ones, launched)))
        .as("an event that was not extended, an extend that is not in the log")
        .noneMatch(PcrReplay::matches);
  }

  @Test
  void case60_eventOfADynamicLaunchWithoutDigest_isTold() {
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA384, 17);
    SoftwareBootLog log = new SoftwareBootLog(TpmAlg.SHA256, TpmAlg.SHA384);
    log.add(17, BootEventType.EV_EVENT_TAG, new byte[] {1});
    log.set(0, log.events.get(0).without(TpmAlg.SHA384));
    PcrValues zero = new PcrValues(selection, List.of(TpmDigest.of(TpmAlg.SHA384, new byte[48])));

    assertThat(BootLogReplay.compare(log.parsed(), zero))
        .containsExactly(new PcrReplay.DigestMissing(new Pcr(TpmAlg.SHA384, 17), 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 22})
  void pcrsOfADynamicLaunch_withoutOne_areExtendedFromOnes(int pcr) {
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, pcr);
    SoftwareBootLog log = new SoftwareBootLog(TpmAlg.SHA256);
    log.add(pcr, BootEventType.EV_EVENT_TAG, new byte[] {1});

    assertThat(BootLogReplay.values(log.parsed(), TpmAlg.SHA256))
        .containsEntry(pcr, log.values(selection).digests().get(0));
    assertThat(BootLogReplay.compare(log.parsed(), log.values(selection)))
        .containsExactly(new PcrReplay.Matched(pcr(pcr), 1, List.of()));
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 17})
  void legacyLog_besideAnotherBank_hasNoDigestFromItsFirstEventOn(int pcr) {
    byte[] event =
        SoftwareBootLog.legacy(
            pcr, BootEventType.EV_EVENT_TAG.code(), new byte[20], new byte[] {1});
    BootLog log = SoftwareBootLog.parsed(SoftwareBootLog.concat(event, event));
    PcrValues zero = values(PcrSelection.of(TpmAlg.SHA256, pcr), new byte[32]);

    assertThat(BootLogReplay.compare(log, zero))
        .containsExactly(new PcrReplay.DigestMissing(pcr(pcr), 0));
  }

  @Test
  void otherDigest_inAPcrOfFirmwareAlone_isAMismatch() {
    for (int pcr : new int[] {0, 7, 8}) {
      int at = software.find(record -> record.pcr() == pcr && record.measured());
      SoftwareBootLog log =
          software.copy().set(at, software.events.get(at).withDigestFlipped(TpmAlg.SHA256));

      assertThat(of(compare(log, software), pcr))
          .isInstanceOf(pcr <= 7 ? PcrReplay.Mismatch.class : PcrReplay.UnexplainedExtend.class);
    }
  }

  @Test
  void oneBitOfAnyMeasuredDigest_isNeverExplained() {
    for (int i = 0; i < software.events.size(); i++) {
      SoftwareBootLog.Logged record = software.events.get(i);
      SoftwareBootLog log = software.copy().set(i, record.withDigestFlipped(TpmAlg.SHA256));

      assertThat(of(compare(log, software), record.pcr()).matches())
          .as("event %d", i)
          .isEqualTo(!record.measured());
    }
  }

  @Test
  void anyTwoEventsOfOnePcrInOtherOrder_areNeverExplained() {
    for (int i = 0; i < software.events.size(); i++) {
      SoftwareBootLog.Logged first = software.events.get(i);
      for (int j = i + 1; first.measured() && j < software.events.size(); j++) {
        SoftwareBootLog.Logged second = software.events.get(j);
        if (second.pcr() == first.pcr()) {
          SoftwareBootLog log = software.copy().set(i, second).set(j, first);
          assertThat(of(compare(log, software), first.pcr()).matches())
              .as("events %d and %d", i, j)
              .isFalse();
          break;
        }
      }
    }
  }

  private static List<PcrReplay> compare(SoftwareBootLog log, SoftwareBootLog machine) {
    return BootLogReplay.compare(log.parsed(), machine.values(QUOTED));
  }

  private static PcrReplay of(List<PcrReplay> results, int pcr) {
    return results.stream().filter(result -> result.pcr().index() == pcr).findFirst().orElseThrow();
  }

  private static int logged(SoftwareBootLog log, int pcr) {
    return (int) log.events.stream().filter(record -> record.pcr() == pcr).count();
  }

  private static PcrValues values(PcrSelection selection, byte[]... values) {
    List<TpmDigest> digests = new ArrayList<>();
    for (byte[] value : values) {
      digests.add(TpmDigest.of(TpmAlg.SHA256, value));
    }
    return new PcrValues(selection, digests);
  }

  private static Pcr pcr(int index) {
    return new Pcr(TpmAlg.SHA256, index);
  }
}
