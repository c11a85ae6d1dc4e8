// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.BootLogOutcome.EventRefused;
import dev.writ.evidence.BootLogOutcome.Rule;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link BootLogVerifier}: logs that replay and are refused all the same; numbers are those of the
 * negative cases. Where the log alone is changed, the machine is the one that measured what it was
 * before; where the machine is changed, the log is its own.
 */
class BootLogVerifierTest {
  private final SoftwareBootLog machine = SoftwareBootLog.grub();
  private final SoftwareBootLog log = machine.copy();

  @Test
  void log_ofItsMachine_isVerifiedWithItsFacts() {
    VerifiedBootLog verified = machine.verified();

    assertThat(verified.results()).allMatch(PcrReplay::matches);
    assertThat(verified.log().bytes()).isEqualTo(machine.bytes());
    assertThat(verified.explains(7)).isTrue();
    assertThat(verified.explains(10)).as("not quoted").isFalse();
    assertThat(verified.anchors(7)).hasToString("[sha256:7]");
    assertThat(verified.secureBoot()).map(SecureBootState::enabled).contains(true);
    assertThat(verified.bootApplications())
        .extracting(BootImage::text)
        .containsExactly(
            "boot application 1 (\\EFI\\debian\\shimx64.efi)",
            "boot application 2 (\\EFI\\debian\\grubx64.efi)",
            "boot application 3");
  }

  @Test
  void log_withSha1Alone_isRefused() {
    SoftwareBootLog sha1 = SoftwareBootLog.grub(TpmAlg.SHA1);

    assertThat(SoftwareBootLog.verify(sha1.parsed(), sha1.values(PcrSelection.of(TpmAlg.SHA1, 0))))
        .isEqualTo(new BootLogOutcome.Sha1Only());
    SoftwareBootLog both = SoftwareBootLog.grub(TpmAlg.SHA1, TpmAlg.SHA256);
    assertThat(SoftwareBootLog.verify(both.parsed(), both.values(PcrSelection.of(TpmAlg.SHA1, 0))))
        .isEqualTo(new BootLogOutcome.Sha1Only());
  }

  @Test
  void bankOfWhichNothingIsQuoted_isNotMissed() {
    PcrSelection selection =
        new PcrSelection(
            List.of(
                new PcrSelection.Bank(TpmAlg.SHA256, 1 << 7),
                new PcrSelection.Bank(TpmAlg.SHA384, 0)));

    assertThat(SoftwareBootLog.verify(machine.parsed(), machine.values(selection)))
        .isInstanceOf(VerifiedBootLog.class);
  }

  @Test
  void sha1Digests_besideABankThatIsJudged_decideNothing() {
    SoftwareBootLog both = SoftwareBootLog.grub(TpmAlg.SHA1, TpmAlg.SHA256);
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA1, 0, 7).and(TpmAlg.SHA256, 0, 7);
    SoftwareBootLog forged = both.copy();
    int db = forged.findVariable("db");
    forged.set(db, forged.events.get(db).withDigestFlipped(TpmAlg.SHA1));

    VerifiedBootLog verified =
        (VerifiedBootLog) SoftwareBootLog.verify(forged.parsed(), both.values(selection));

    assertThat(verified.secureBoot().orElseThrow().anchors()).hasToString("[sha256:7]");
  }

  @Test
  void case60_quotedBankThatTheLogDoesNotHave_isRefused() {
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, 0).and(TpmAlg.SHA384, 0);
    SoftwareBootLog both = SoftwareBootLog.grub(TpmAlg.SHA256, TpmAlg.SHA384);

    BootLogOutcome outcome = SoftwareBootLog.verify(machine.parsed(), both.values(selection));

    assertThat(outcome).isEqualTo(new BootLogOutcome.BankMissing(TpmAlg.SHA384));
    assertThat(reason(outcome)).isEqualTo("boot_log_bank_missing");
  }

  @Test
  void case60_eventWithoutDigestOfAQuotedBank_isRefused() {
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, 7).and(TpmAlg.SHA384, 7);
    SoftwareBootLog both = SoftwareBootLog.grub(TpmAlg.SHA256, TpmAlg.SHA384);
    SoftwareBootLog fewer = both.copy();
    int dbx = fewer.findVariable("dbx");
    fewer.set(dbx, fewer.events.get(dbx).without(TpmAlg.SHA384));

    BootLogOutcome outcome = SoftwareBootLog.verify(fewer.parsed(), both.values(selection));

    assertThat(reason(outcome)).isEqualTo("boot_log_digest_missing");
  }

  @Test
  void case55_eventOfEachPcrSwappedToUnused_isRefused() {
    for (int i = 0; i < machine.events.size(); i++) {
      if (!machine.events.get(i).measured()) {
        continue;
      }
      SoftwareBootLog swapped =
          machine.copy().set(i, machine.events.get(i).ofType(BootEventType.EV_UNUSED));
      assertThat(reason(swapped.verifyOn(machine)))
          .as("event %d", i)
          .isEqualTo("boot_event_unused");
    }
  }

  /**
   * Whatever type a Secure Boot event is given, it is what it was or the log is refused; a hardware
   * root of trust outside PCR 0 is malformed.
   */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "EV_EFI_HCRTM_EVENT")
  void case55_secureBootEventSwappedToAnyType_hidesNothing(BootEventType type) {
    for (int i = 0; i < machine.events.size(); i++) {
      SoftwareBootLog.Logged record = machine.events.get(i);
      if (record.pcr() != 7 || record.type() == type.code()) {
        continue;
      }
      BootLogOutcome outcome = machine.copy().set(i, record.ofType(type)).verifyOn(machine);
      if (outcome instanceof VerifiedBootLog verified) {
        assertThat(verified.secureBoot())
            .as("event %d as %s", i, type)
            .satisfiesAnyOf(
                state -> assertThat(state).as("PCR 7 is not explained").isEmpty(),
                state -> assertThat(state.orElseThrow().authorities()).hasSize(3));
      }
    }
  }

  /** Whatever type a boot application is given, it still counts as one. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "EV_EFI_HCRTM_EVENT")
  void case55_bootApplicationSwappedToAnyType_isStillOneOrRefused(BootEventType type) {
    int grub = log.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION) + 3;
    log.set(grub, log.events.get(grub).ofType(type));

    BootLogOutcome outcome = log.verifyOn(machine);

    if (outcome instanceof VerifiedBootLog verified && verified.explains(4)) {
      assertThat(verified.bootApplications()).hasSize(3);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void unknownTypeInAPcrOfFirmware_isRefused(int pcr) {
    int any = log.find(record -> record.pcr() == pcr && record.measured());
    log.set(any, log.events.get(any).ofType(0x40e));

    assertThat(reason(log.verifyOn(machine))).isEqualTo("boot_event_type_unknown");
  }

  @Test
  void unknownTypeInAPcrOfLoaders_isToldAsAMeasurement() {
    machine.measure(9, BootEventType.EV_IPL, new byte[] {1}, new byte[] {2});
    int last = machine.events.size() - 1;
    // Before boot services end, as all measurements.
    SoftwareBootLog.Logged unknown = machine.events.remove(last).ofType(0x7777);
    machine.insert(last - 2, unknown);

    assertThat(machine.verified().measurements())
        .anyMatch(measurement -> measurement.name().equals("of 0x00007777"));
  }

  @Test
  void case56_noActionWithADigest_isRefused() {
    int any = log.find(9, BootEventType.EV_IPL);
    log.set(any, log.events.get(any).ofType(BootEventType.EV_NO_ACTION));

    assertThat(reason(log.verifyOn(machine))).isEqualTo("boot_event_no_action_digest");
  }

  @Test
  void case56_noActionInTheMiddleThatClaimsAVariable_saysNothing() {
    int dbx = log.findVariable("dbx");
    byte[] other =
        SoftwareBootLog.variable(
            SoftwareBootLog.IMAGE_SECURITY,
            "dbx",
            SoftwareBootLog.signatures(SoftwareBootLog.CERT_SHA256, SoftwareBootLog.revoked(9)));
    log.told(7, other);
    log.insert(dbx, log.events.remove(log.events.size() - 1));

    VerifiedBootLog verified = (VerifiedBootLog) log.verifyOn(machine);

    assertThat(verified.secureBoot().orElseThrow().dbx().size()).isEqualTo(2);
  }

  @Test
  void case61_dataThatWasNotMeasured_isRefusedWhereTheTypeBindsIt() {
    VerifiedQuote quote = SoftwareBootLog.quote(machine.values(SoftwareBootLog.QUOTED));
    int bound = 0;
    for (int i = 0; i < machine.events.size(); i++) {
      SoftwareBootLog.Logged record = machine.events.get(i);
      BootEventType type = BootEventType.ofCode(record.type()).orElseThrow();
      if (!type.digestOfData()) {
        continue;
      }
      bound++;
      int length = record.data().length;
      for (int at : new int[] {0, length / 2, length - 1}) {
        byte[] data = record.data().clone();
        data[at] ^= 1;
        BootLogOutcome outcome =
            BootLogVerifier.verify(machine.copy().set(i, record.withData(data)).parsed(), quote);
        boolean nameOfABootOption =
            type == BootEventType.EV_EFI_VARIABLE_BOOT && outcome instanceof VerifiedBootLog;
        if (!nameOfABootOption) {
          assertThat(reason(outcome))
              .as("byte %d of event %d", at, i)
              .isIn("boot_event_digest_mismatch", "boot_event_data_malformed");
        }
      }
    }
    assertThat(bound).isGreaterThan(20);
  }

  @Test
  void case61_dataOfOneBankOnly_isRefused() {
    SoftwareBootLog both = SoftwareBootLog.grub(TpmAlg.SHA256, TpmAlg.SHA384);
    int db = both.findVariable("db");
    // A machine that extended something else into its second bank.
    both.set(db, both.events.get(db).withDigestFlipped(TpmAlg.SHA384));
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, 7).and(TpmAlg.SHA384, 7);

    assertThat(reason(SoftwareBootLog.verify(both.parsed(), both.values(selection))))
        .isEqualTo("boot_event_digest_mismatch");
  }

  @Test
  void bootVariable_measuredByItsValueOrWhole_isAccepted() {
    int option = machine.findVariable("Boot0000");
    assertThat(machine.verify()).isInstanceOf(VerifiedBootLog.class);

    machine.remeasure(option, machine.events.get(option).data());

    assertThat(machine.verify()).isInstanceOf(VerifiedBootLog.class);
    SoftwareBootLog.Logged record = machine.events.get(option);
    machine.set(
        option,
        machine.record(
            1,
            BootEventType.EV_EFI_VARIABLE_BOOT2,
            SoftwareBootLog.bytes("a boot option"),
            record.data()));
    assertThat(reason(machine.verify())).isEqualTo("boot_event_digest_mismatch");
  }

  @Test
  void authorityOfAnOlderShim_measuredWithoutItsLastByte_isAccepted() {
    int shim = machine.findVariable("Shim");
    byte[] data = SoftwareBootLog.concat(machine.events.get(shim).data(), new byte[6]);
    byte[] measured = Arrays.copyOf(data, data.length - 1);
    machine.set(shim, machine.record(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, measured, data));

    assertThat(machine.verified().secureBoot().orElseThrow().authorities().get(2).id())
        .isEqualTo(SoftwareBootLog.id(SoftwareBootLog.VENDOR_CERTIFICATE));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void case62_secondSeparator_isRefused(int pcr) {
    int first = machine.find(pcr, BootEventType.EV_SEPARATOR);
    machine.insert(first + 1, machine.events.get(first));

    assertThat(machine.verify())
        .isInstanceOfSatisfying(
            EventRefused.class,
            refused -> {
              assertThat(refused.rule()).isEqualTo(Rule.SEPARATOR_TWICE);
              assertThat(refused.pcr()).isEqualTo(pcr);
            });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void case62_noSeparator_isRefused(int pcr) {
    machine.remove(machine.find(pcr, BootEventType.EV_SEPARATOR));

    assertThat(reason(machine.verify()))
        .isIn("boot_separator_missing", "secure_boot_variable_late");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void case62_secondSeparatorUnderAnotherType_isRefused(int pcr) {
    int first = machine.find(pcr, BootEventType.EV_SEPARATOR);
    machine.insert(first + 1, machine.events.get(first).ofType(BootEventType.EV_POST_CODE));

    assertThat(reason(machine.verify())).isEqualTo("boot_event_type_misplaced");
  }

  @ParameterizedTest
  @ValueSource(strings = {"00000001", "ffffffff", "01000000", "0000000000"})
  void case62_separatorThatReportsAnErrorOrIsNone_isRefused(String value) {
    machine.remeasure(machine.find(3, BootEventType.EV_SEPARATOR), Octets.fromHex(value).bytes());

    assertThat(reason(machine.verify())).isEqualTo("boot_separator_value");
  }

  @Test
  void case62_separatorOfAnErrorUnderAnotherType_isRefused() {
    machine.insert(
        machine.find(3, BootEventType.EV_SEPARATOR),
        machine.record(3, BootEventType.EV_POST_CODE, new byte[] {1, 0, 0, 0}, new byte[1]));

    assertThat(reason(machine.verify())).isEqualTo("boot_separator_value");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 5, 7, 8, 9, 14})
  void case62_measurementAfterBootServicesEnded_isRefused(int pcr) {
    machine.add(pcr, BootEventType.EV_EFI_ACTION, SoftwareBootLog.bytes("late"));

    assertThat(reason(machine.verify())).isEqualTo("boot_event_after_exit");
  }

  @Test
  void case62_endOfBootServicesUnderAnotherType_isStillTheEnd() {
    int exit = machine.events.size() - 1;
    machine.set(exit, machine.events.get(exit).ofType(BootEventType.EV_EVENT_TAG));
    machine.add(5, BootEventType.EV_EFI_ACTION, SoftwareBootLog.bytes("late"));

    assertThat(reason(machine.verify())).isEqualTo("boot_event_after_exit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SecureBoot", "PK", "KEK", "db", "dbx"})
  void case63_secureBootVariableTwice_isRefused(String name) {
    int first = machine.findVariable(name);
    machine.insert(first + 1, machine.events.get(first));

    assertThat(reason(machine.verify())).isEqualTo("secure_boot_variable_twice");
  }

  @ParameterizedTest
  @CsvSource({
    "SecureBoot," + SoftwareBootLog.IMAGE_SECURITY,
    "PK," + SoftwareBootLog.IMAGE_SECURITY,
    "db," + SoftwareBootLog.GLOBAL,
    "dbx," + SoftwareBootLog.SHIM
  })
  void case63_secureBootVariableOfAnotherVendor_isRefused(String name, String vendor) {
    int at = machine.findVariable(name);
    byte[] data = machine.events.get(at).data().clone();
    System.arraycopy(SoftwareBootLog.guid(vendor), 0, data, 0, 16);
    machine.remeasure(at, data);

    assertThat(reason(machine.verify())).isEqualTo("secure_boot_variable_guid");
  }

  @ParameterizedTest
  @ValueSource(strings = {"02", "ff", "0100", "0101", "00000001"})
  void case63_secureBootOfOtherValueOrLength_isRefused(String value) {
    machine.remeasure(machine.findVariable("SecureBoot"), secureBoot(value));

    assertThat(reason(machine.verify())).isEqualTo("secure_boot_variable_value");
  }

  @Test
  void case63_secureBootWithoutValue_isNotOn() {
    machine.remeasure(machine.findVariable("SecureBoot"), secureBoot(""));

    SecureBootState state = machine.verified().secureBoot().orElseThrow();

    assertThat(state.enabled()).isFalse();
    assertThat(state.supported()).isFalse();
    assertThat(state.text()).isEqualTo("not supported");
  }

  @Test
  void case63_secureBootVariableAfterTheSeparator_isRefused() {
    int at = machine.findVariable("dbx");
    SoftwareBootLog.Logged dbx = machine.events.remove(at);
    machine.insert(machine.find(7, BootEventType.EV_SEPARATOR) + 1, dbx);

    assertThat(reason(machine.verify())).isEqualTo("secure_boot_variable_late");
  }

  @Test
  void case64_bootApplicationBeforeBootOptionsAreCalled_isRefused() {
    SoftwareBootLog.Logged shim =
        machine.events.remove(machine.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION));
    machine.insert(machine.find(4, BootEventType.EV_EFI_ACTION), shim);

    assertThat(reason(machine.verify())).isEqualTo("boot_application_early");
  }

  @Test
  void case64_bootApplicationBeforeTheSeparator_isRefused() {
    machine.remove(machine.find(4, BootEventType.EV_EFI_ACTION));
    assertThat(machine.verify())
        .as("firmware that does not tell when it calls boot options")
        .isInstanceOf(VerifiedBootLog.class);
    SoftwareBootLog.Logged shim =
        machine.events.remove(machine.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION));
    machine.insert(machine.find(4, BootEventType.EV_SEPARATOR), shim);

    int application = machine.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION);
    assertThat(machine.verify())
        .isInstanceOfSatisfying(
            EventRefused.class,
            refused -> {
              assertThat(refused.rule()).isEqualTo(Rule.APPLICATION_EARLY);
              assertThat(refused.event()).isEqualTo(application + 1);
              assertThat(refused.pcr()).isEqualTo(4);
              assertThat(refused.expected())
                  .isEqualTo("after the separator, event " + (application + 2));
            });
  }

  @Test
  void case64_secondBootOption_afterTheFirstReturned_isAccepted() {
    machine.insert(
        machine.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION) + 1,
        machine.events.get(machine.find(4, BootEventType.EV_EFI_ACTION)));

    assertThat(machine.verify()).isInstanceOf(VerifiedBootLog.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {-2, -1, 1})
  void case67_nameOfOtherLengthThanItsData_isRefused(int surplus) {
    int at = machine.findVariable("db");
    byte[] data = machine.events.get(at).data();
    machine.remeasure(at, Arrays.copyOf(data, data.length + surplus));

    assertThat(reason(machine.verify())).isEqualTo("boot_event_data_malformed");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x0000, 0x0007, 0xd800, 0xdc00})
  void case67_nameThatIsNoUtf16_isRefused(int unit) {
    int at = machine.findVariable("db");
    byte[] data = machine.events.get(at).data().clone();
    data[34] = (byte) unit;
    data[35] = (byte) (unit >>> 8);
    machine.remeasure(at, data);

    assertThat(reason(machine.verify())).isEqualTo("boot_event_data_malformed");
  }

  @Test
  void case67_nameWithAPairOfSurrogates_isRead() {
    byte[] data =
        SoftwareBootLog.concat(
            Arrays.copyOf(SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "ab", new byte[1]), 32),
            "\ud83d\ude00".getBytes(StandardCharsets.UTF_16LE),
            new byte[1]);
    machine.insert(
        machine.findVariable("dbx"),
        machine.record(7, BootEventType.EV_EFI_VARIABLE_DRIVER_CONFIG, data, data));

    assertThat(machine.verify()).isInstanceOf(VerifiedBootLog.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SecureBoot", "PK", "KEK", "db", "dbx"})
  void case68_variableThatWasNotMeasured_isRefused(String name) {
    machine.remove(machine.findVariable(name));

    assertThat(machine.verify())
        .isInstanceOfSatisfying(
            EventRefused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo("secure_boot_variable_missing");
              assertThat(refused.expected()).contains(name);
            });
  }

  @Test
  void signatureListsThatContradictThemselves_areRefused() {
    int at = machine.findVariable("dbx");
    byte[] data = machine.events.get(at).data().clone();
    data[32 + 6 + 24] = 47;
    machine.remeasure(at, data);

    assertThat(reason(machine.verify())).isEqualTo("boot_event_data_malformed");
  }

  @Test
  void logThatDoesNotExplainAPcr_saysNothingOfItsEvents() {
    SoftwareBootLog other = machine.copy();
    int dbx = other.findVariable("dbx");
    other.remeasure(
        dbx, SoftwareBootLog.variable(SoftwareBootLog.IMAGE_SECURITY, "dbx", new byte[0]));
    int grub = other.find(8, BootEventType.EV_IPL);
    other.set(grub, other.events.get(grub).withDigestFlipped(TpmAlg.SHA256));

    VerifiedBootLog verified = (VerifiedBootLog) other.verifyOn(machine);

    assertThat(verified.results()).filteredOn(result -> !result.matches()).hasSize(2);
    assertThat(verified.secureBoot()).isEmpty();
    assertThat(verified.measurements()).noneMatch(measurement -> measurement.pcr() == 8);
    assertThat(verified.events()).noneMatch(event -> event.pcr() == 7 || event.pcr() == 8);
  }

  private static byte[] secureBoot(String hex) {
    return SoftwareBootLog.variable(
        SoftwareBootLog.GLOBAL, "SecureBoot", Octets.fromHex(hex).bytes());
  }

  private static String reason(BootLogOutcome outcome) {
    return outcome instanceof BootLogOutcome.Refused refused ? refused.reason() : "verified";
  }
}
