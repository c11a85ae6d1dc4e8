// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.Octets;
import dev.writ.fixtures.EventType;
import dev.writ.fixtures.LoggedEvent;
import dev.writ.fixtures.SoftwareBoot;
import dev.writ.fixtures.UefiData;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** 55, 56, 61 to 64, 67 and 68: logs that lead to the quoted PCRs, with events that lie. */
final class BootEventCases {
  private static final List<String> VARIABLES = List.of("SecureBoot", "PK", "KEK", "db", "dbx");
  private static final String DATA = "boot_event_data_malformed";
  private static final String NOT_ITS_DATA = "boot_event_digest_mismatch";

  private final BootJudge judge = new BootJudge();
  private final SoftwareBoot machine = BootJudge.grub();

  List<NegativeCase> cases() {
    return List.of(
        of(55, "event type swapped to EV_UNUSED", this::unused),
        of(56, "EV_NO_ACTION in the middle", this::noAction),
        of(61, "digest is not of the data", this::otherData),
        of(62, "second separator, data after ExitBootServices", this::separators),
        of(63, "SecureBoot variable twice, wrong GUID, length 0 or 2", this::secureBoot),
        of(64, "boot application before Calling EFI Application", this::earlyApplication),
        of(67, "UTF-16 of odd length", this::utf16),
        of(68, "dbx absent", this::absent));
  }

  private NegativeCase of(int number, String title, NegativeCase.Body body) {
    return new NegativeCase(
        number,
        Level.VERIFIER,
        title,
        tries -> {
          tries.accepted("the machine's own log", () -> judge.own(machine));
          body.run(tries);
        });
  }

  /** A machine that measured this in place of an event. */
  private Observed remeasured(int event, byte[] data) {
    return judge.own(machine.copy().remeasure(event, data));
  }

  private LoggedEvent event(int index) {
    return machine.events().get(index);
  }

  private void unused(Tries tries) {
    for (int i = 0; i < machine.events().size(); i++) {
      LoggedEvent event = event(i);
      if (event.measured()) {
        SoftwareBoot log = machine.copy().set(i, event.ofType(EventType.EV_UNUSED));
        tries.refused(
            "event " + i + " of PCR " + event.pcr(),
            "boot_event_unused",
            () -> judge.on(machine, log));
      }
    }
    int dbx = machine.findVariable("dbx");
    for (int pcr : new int[] {0, 4, 7}) {
      int any = machine.find(event -> event.pcr() == pcr && event.measured());
      SoftwareBoot log = machine.copy().set(any, event(any).ofType(0x40e));
      tries.refused(
          "a type that is not known, in PCR " + pcr,
          "boot_event_type_unknown",
          () -> judge.on(machine, log));
    }
    SoftwareBoot hidden =
        machine.copy().set(dbx, event(dbx).ofType(EventType.EV_EFI_VARIABLE_BOOT2));
    tries.refused(
        "dbx as another variable", "boot_event_type_misplaced", () -> judge.on(machine, hidden));
  }

  private void noAction(Tries tries) {
    for (int pcr : new int[] {0, 4, 7, 9}) {
      int any = machine.find(event -> event.pcr() == pcr && event.measured());
      SoftwareBoot log = machine.copy().set(any, event(any).ofType(EventType.EV_NO_ACTION));
      tries.refused(
          "a measurement of PCR " + pcr + " told as none",
          "boot_event_no_action_digest",
          () -> judge.on(machine, log));
    }
    byte[] entry = SoftwareBoot.revoked(9);
    byte[] other =
        UefiData.variable(
            UefiData.IMAGE_SECURITY, "dbx", UefiData.signatures(UefiData.CERT_SHA256, entry));
    SoftwareBoot claimed = machine.copy().told(7, other);
    claimed.insert(
        machine.findVariable("dbx"), claimed.events().remove(claimed.events().size() - 1));
    tries.accepted("a dbx that is told and not measured", () -> judge.on(machine, claimed));
    tries.refused(
        "a dbx that is told and not measured, where it is demanded",
        "secure_boot_dbx",
        () ->
            judge.judged(
                claimed.bytes(),
                BootJudge.pcrs(machine),
                BootJudge.RULES.withDbx(Set.of(Octets.of(entry)))));
  }

  private void otherData(Tries tries) {
    Set<Integer> bound =
        Set.of(
            EventType.EV_SEPARATOR,
            EventType.EV_S_CRTM_VERSION,
            EventType.EV_EFI_VARIABLE_DRIVER_CONFIG,
            EventType.EV_EFI_VARIABLE_BOOT2,
            EventType.EV_EFI_GPT_EVENT,
            EventType.EV_EFI_ACTION,
            EventType.EV_EFI_VARIABLE_AUTHORITY);
    for (int i = 0; i < machine.events().size(); i++) {
      LoggedEvent event = event(i);
      if (bound.contains(event.type())) {
        for (int at : new int[] {0, event.data().length / 2, event.data().length - 1}) {
          byte[] data = SignatureCases.flipped(event.data(), at);
          SoftwareBoot log = machine.copy().set(i, event.withData(data));
          tries.refused(
              "byte " + at + " of event " + i + " of PCR " + event.pcr(),
              () -> judge.on(machine, log));
        }
      }
    }
    for (String name : VARIABLES) {
      int at = machine.findVariable(name);
      byte[] data = event(at).data();
      byte[] flipped = SignatureCases.flipped(data, data.length - 1);
      SoftwareBoot log = machine.copy().set(at, event(at).withData(flipped));
      tries.refused("last byte of " + name, NOT_ITS_DATA, () -> judge.on(machine, log));
    }
    SoftwareBoot both = BootJudge.grub(CorpusKey.SHA256, CorpusKey.SHA384);
    int db = both.findVariable("db");
    both.set(db, both.events().get(db).withDigestFlipped(CorpusKey.SHA384));
    tries.refused(
        "something else measured into the second bank",
        NOT_ITS_DATA,
        () ->
            judge.judged(
                both.bytes(),
                BootJudge.pcrs(both, CorpusKey.SHA256, CorpusKey.SHA384),
                BootJudge.RULES));
  }

  private void separators(Tries tries) {
    for (int pcr = 0; pcr < 8; pcr++) {
      int first = machine.find(pcr, EventType.EV_SEPARATOR);
      SoftwareBoot twice = machine.copy().insert(first + 1, event(first));
      tries.refused("twice in PCR " + pcr, "boot_separator_twice", () -> judge.own(twice));
      SoftwareBoot missing = machine.copy().remove(first);
      tries.refused("none in PCR " + pcr, () -> judge.own(missing));
    }
    for (int pcr = 0; pcr < 7; pcr++) {
      int first = machine.find(pcr, EventType.EV_SEPARATOR);
      SoftwareBoot renamed =
          machine.copy().insert(first + 1, event(first).ofType(EventType.EV_POST_CODE));
      tries.refused(
          "a second in PCR " + pcr + ", under another type",
          "boot_event_type_misplaced",
          () -> judge.own(renamed));
    }
    int third = machine.find(3, EventType.EV_SEPARATOR);
    for (byte[] value :
        List.of(new byte[] {0, 0, 0, 1}, new byte[] {-1, -1, -1, -1}, new byte[5])) {
      tries.refused(
          "of another value, " + value.length + " bytes",
          "boot_separator_value",
          () -> remeasured(third, value));
    }
    for (int pcr : new int[] {0, 4, 5, 7, 8, 9, 14}) {
      SoftwareBoot late = machine.copy().add(pcr, EventType.EV_EFI_ACTION, UefiData.ascii("late"));
      tries.refused(
          "a measurement to PCR " + pcr + " after boot services ended",
          "boot_event_after_exit",
          () -> judge.own(late));
    }
  }

  private void secureBoot(Tries tries) {
    for (String name : VARIABLES) {
      int first = machine.findVariable(name);
      SoftwareBoot twice = machine.copy().insert(first + 1, event(first));
      tries.refused(name + " twice", "secure_boot_variable_twice", () -> judge.own(twice));
    }
    Map<String, String> elsewhere =
        Map.of(
            "SecureBoot", UefiData.IMAGE_SECURITY,
            "PK", UefiData.IMAGE_SECURITY,
            "db", UefiData.GLOBAL,
            "dbx", UefiData.SHIM);
    elsewhere.forEach(
        (name, vendor) -> {
          int at = machine.findVariable(name);
          byte[] data = event(at).data().clone();
          System.arraycopy(UefiData.guid(vendor), 0, data, 0, 16);
          tries.refused(
              name + " of another vendor", "secure_boot_variable_guid", () -> remeasured(at, data));
        });
    int at = machine.findVariable("SecureBoot");
    for (byte[] value :
        List.of(
            new byte[] {2}, new byte[] {-1}, new byte[] {1, 0}, new byte[] {1, 1}, new byte[4])) {
      byte[] variable = UefiData.variable(UefiData.GLOBAL, "SecureBoot", value);
      tries.refused(
          "SecureBoot of " + value.length + " bytes, first " + value[0],
          "secure_boot_variable_value",
          () -> remeasured(at, variable));
    }
    for (byte[] off : List.of(new byte[0], new byte[1])) {
      byte[] variable = UefiData.variable(UefiData.GLOBAL, "SecureBoot", off);
      tries.refused(
          "SecureBoot of " + off.length + " bytes that is not on",
          "secure_boot",
          () -> remeasured(at, variable));
    }
    SoftwareBoot late = machine.copy();
    LoggedEvent dbx = late.events().remove(late.findVariable("dbx"));
    late.insert(late.find(7, EventType.EV_SEPARATOR) + 1, dbx);
    tries.refused("dbx after the separator", "secure_boot_variable_late", () -> judge.own(late));
  }

  private void earlyApplication(Tries tries) {
    String early = "boot_application_early";
    SoftwareBoot before = machine.copy();
    LoggedEvent shim =
        before.events().remove(before.find(4, EventType.EV_EFI_BOOT_SERVICES_APPLICATION));
    SoftwareBoot silent = before.copy();
    before.insert(before.find(4, EventType.EV_EFI_ACTION), shim);
    tries.refused("before boot options are called", early, () -> judge.own(before));
    silent.remove(silent.find(4, EventType.EV_EFI_ACTION));
    silent.insert(silent.find(4, EventType.EV_SEPARATOR), shim);
    tries.refused("before the separator", early, () -> judge.own(silent));
    SoftwareBoot second = machine.copy();
    second.insert(
        second.find(4, EventType.EV_EFI_BOOT_SERVICES_APPLICATION) + 1,
        event(machine.find(4, EventType.EV_EFI_ACTION)));
    tries.accepted("a second boot option after the first returned", () -> judge.own(second));
  }

  private void utf16(Tries tries) {
    int at = machine.findVariable("db");
    byte[] data = event(at).data();
    for (int surplus : new int[] {-2, -1, 1}) {
      tries.refused(
          "name and value that say to be longer by " + -surplus,
          DATA,
          () -> remeasured(at, Arrays.copyOf(data, data.length + surplus)));
    }
    for (int unit : new int[] {0x0000, 0x0007, 0xd800, 0xdc00}) {
      byte[] other = data.clone();
      other[34] = (byte) unit;
      other[35] = (byte) (unit >>> Byte.SIZE);
      tries.refused(
          String.format("the unit %04x in a name", unit), DATA, () -> remeasured(at, other));
    }
    byte[] pair =
        new UefiData()
            .bytes(Arrays.copyOf(UefiData.variable(UefiData.GLOBAL, "ab", new byte[1]), 32))
            .bytes("\ud83d\ude00".getBytes(StandardCharsets.UTF_16LE))
            .u8(0)
            .toByteArray();
    SoftwareBoot paired =
        machine
            .copy()
            .insert(
                machine.findVariable("dbx"),
                machine.event(7, EventType.EV_EFI_VARIABLE_DRIVER_CONFIG, pair, pair));
    tries.accepted("a pair of surrogates", () -> judge.own(paired));
  }

  private void absent(Tries tries) {
    for (String name : VARIABLES) {
      SoftwareBoot without = machine.copy().remove(machine.findVariable(name));
      tries.refused(
          name + " that was not measured",
          "secure_boot_variable_missing",
          () -> judge.own(without));
    }
    byte[] shorter = UefiData.signatures(UefiData.CERT_SHA256, SoftwareBoot.revoked(1));
    int dbx = machine.findVariable("dbx");
    for (byte[] value : List.of(shorter, new byte[0])) {
      tries.refused(
          "dbx of " + value.length + " bytes, without an entry that it must have",
          "secure_boot_dbx",
          () -> remeasured(dbx, UefiData.variable(UefiData.IMAGE_SECURITY, "dbx", value)));
    }
  }
}
