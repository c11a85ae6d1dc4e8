// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.Appraisal;
import dev.writ.evidence.BootLog;
import dev.writ.fixtures.EventType;
import dev.writ.fixtures.LoggedEvent;
import dev.writ.fixtures.SoftwareBoot;
import dev.writ.fixtures.UefiData;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;

/** 54, 57 to 60, 65, 66 and 69: boot logs that are none, or do not lead to the quoted PCRs. */
final class BootLogCases {
  private static final String MALFORMED = "evidence_malformed";
  private static final String MISMATCH = "pcr_log_mismatch";
  private static final String UNEXPLAINED = "pcr_unexplained_extend";
  private static final int MILLION = 1_000_000;

  private final BootJudge judge = new BootJudge();
  private final SoftwareBoot machine = BootJudge.grub();

  List<NegativeCase> cases() {
    return List.of(
        of(54, "PCR with a value but no log events", this::noEvents),
        of(57, "two Spec ID events", this::specIdTwice),
        of(58, "StartupLocality twice, above 4, in another PCR than 0", this::locality),
        of(59, "H-CRTM start value", this::hardwareRootOfTrust),
        of(60, "digest for the policy's bank missing", this::digestMissing),
        of(65, "event of 3 GB, a million events, PCRIndex 32 or 0xffffffff", this::huge),
        of(66, "CCEL padding", this::padding),
        of(69, "log longer than the quoted state", this::unexplained));
  }

  private static NegativeCase of(int number, String title, NegativeCase.Body body) {
    return new NegativeCase(number, Level.VERIFIER, title, body);
  }

  private void accepted(Tries tries) {
    tries.accepted("the machine's own log", () -> judge.own(machine));
  }

  private void noEvents(Tries tries) {
    accepted(tries);
    for (int pcr : new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14}) {
      SoftwareBoot log = machine.copy();
      log.events().removeIf(event -> event.pcr() == pcr);
      tries.refused(
          "events of PCR " + pcr + " left out", "pcr_without_events", () -> judge.on(machine, log));
    }
    SoftwareBoot extended = machine.copy().add(13, EventType.EV_IPL, new byte[] {1});
    tries.refused(
        "PCR 13 extended, of which the log knows nothing",
        "pcr_without_events",
        () -> judge.on(extended, machine));
    tries.refused("no log", "boot_log_given", () -> judge.without(machine));
  }

  private void specIdTwice(Tries tries) {
    accepted(tries);
    byte[] signature = UefiData.ascii("Spec ID Event03\0");
    byte[] log = machine.bytes();
    byte[] specId = SoftwareBoot.specId(CorpusKey.SHA256);
    tries.refused(
        "as the last event", MALFORMED, () -> judge.on(machine, machine.copy().told(0, signature)));
    SoftwareBoot second = machine.copy().told(0, Arrays.copyOfRange(specId, 32, specId.length));
    second.insert(0, second.events().remove(second.events().size() - 1));
    tries.refused("as the second event, whole", MALFORMED, () -> judge.on(machine, second));
    tries.refused("the first event twice", MALFORMED, () -> judge.on(machine, joined(specId, log)));
    tries.refused(
        "another log behind the log", MALFORMED, () -> judge.on(machine, joined(log, log)));
  }

  private void locality(Tries tries) {
    accepted(tries);
    byte[] name = UefiData.ascii("StartupLocality\0");
    LoggedEvent told = machine.events().get(0);
    for (int value : new int[] {1, 2, 5, 255}) {
      SoftwareBoot log = machine.copy().set(0, told.withData(locality(value)));
      tries.refused("locality " + value, MALFORMED, () -> judge.on(machine, log));
    }
    for (int value : new int[] {0, 4}) {
      SoftwareBoot log = machine.copy().set(0, told.withData(locality(value)));
      tries.refused(
          "locality " + value + " of a TPM that started at 3",
          MISMATCH,
          () -> judge.on(machine, log));
      SoftwareBoot started = log.copy().startedAt(value);
      tries.accepted("locality " + value + ", started there", () -> judge.own(started));
    }
    for (int value : new int[] {3, 4}) {
      SoftwareBoot log = machine.copy().insert(1, told.withData(locality(value)));
      tries.refused("told again, as " + value, MALFORMED, () -> judge.on(machine, log));
    }
    for (int pcr : new int[] {1, 7}) {
      SoftwareBoot log = machine.copy().set(0, told.inPcr(pcr));
      tries.refused("in PCR " + pcr, MALFORMED, () -> judge.on(machine, log));
    }
    SoftwareBoot late = machine.copy().remove(0).insert(3, told);
    tries.refused("after a measurement", MALFORMED, () -> judge.on(machine, late));
    SoftwareBoot longer =
        machine.copy().set(0, told.withData(new UefiData().bytes(name).u16(0x0303).toByteArray()));
    tries.refused("of two bytes", MALFORMED, () -> judge.on(machine, longer));
    tries.refused("none", MISMATCH, () -> judge.on(machine, machine.copy().remove(0)));
  }

  private static byte[] locality(int value) {
    return new UefiData().bytes(UefiData.ascii("StartupLocality\0")).u8(value).toByteArray();
  }

  private void hardwareRootOfTrust(Tries tries) {
    LoggedEvent told = machine.events().get(0);
    LoggedEvent root = machine.event(0, EventType.EV_EFI_HCRTM_EVENT, new byte[] {7}, new byte[5]);
    SoftwareBoot measured = machine.copy().startedAt(4).set(0, root);
    tries.accepted("PCR 0 starts at 4", () -> judge.own(measured));
    for (int start : new int[] {0, 3}) {
      tries.refused(
          "PCR 0 started at " + start,
          MISMATCH,
          () -> judge.on(measured.copy().startedAt(start), measured));
      SoftwareBoot contradicted = measured.copy().insert(0, told.withData(locality(start)));
      tries.refused("beside locality " + start, MALFORMED, () -> judge.on(measured, contradicted));
    }
    tries.refused(
        "left out of the log", MISMATCH, () -> judge.on(measured, measured.copy().remove(0)));
    tries.refused(
        "measured later", MALFORMED, () -> judge.own(measured.copy().remove(0).insert(1, root)));
    tries.refused(
        "measured to PCR 1", MALFORMED, () -> judge.own(measured.copy().set(0, root.inPcr(1))));
  }

  private void digestMissing(Tries tries) {
    SoftwareBoot both = BootJudge.grub(CorpusKey.SHA256, CorpusKey.SHA384);
    Pcrs quoted = BootJudge.pcrs(both, CorpusKey.SHA256, CorpusKey.SHA384);
    tries.accepted("both banks", () -> judge.judged(both.bytes(), quoted, BootJudge.RULES));
    tries.refused(
        "a log without the second bank",
        "boot_log_bank_missing",
        () -> judge.judged(machine.bytes(), quoted, BootJudge.RULES));
    for (int i = 0; i < both.events().size(); i++) {
      LoggedEvent event = both.events().get(i);
      if (event.measured()) {
        SoftwareBoot fewer = both.copy().set(i, event.without(CorpusKey.SHA384));
        tries.refused(
            "event " + i + " without its digest",
            "boot_log_digest_missing",
            () -> judge.judged(fewer.bytes(), quoted, BootJudge.RULES));
      }
    }
    SoftwareBoot sha1 = BootJudge.grub(CorpusKey.SHA1);
    tries.refused(
        "SHA-1 alone, quoted and logged",
        "boot_log_sha1",
        () -> judge.judged(sha1.bytes(), BootJudge.pcrs(sha1, CorpusKey.SHA1), BootJudge.RULES));
  }

  private void huge(Tries tries) throws Exception {
    accepted(tries);
    LoggedEvent separator =
        machine.event(1, EventType.EV_SEPARATOR, new byte[4], new byte[] {0, 0, 0, 9});
    byte[] log = joined(machine.bytes(), separator.encode());
    for (long size : new long[] {3_000_000_000L, BootLog.MAX_EVENT_BYTES + 1, 0xffff_ffffL}) {
      byte[] other = log.clone();
      for (int i = 0; i < Integer.BYTES; i++) {
        other[other.length - 8 + i] = (byte) (size >>> Byte.SIZE * i);
      }
      tries.refused("event of " + size + " bytes", MALFORMED, () -> judge.on(machine, other));
    }
    byte[] event = new LoggedEvent(1, EventType.EV_IPL, Map.of(), new byte[0]).encode();
    UefiData all = new UefiData().bytes(machine.bytes());
    for (int i = 0; i < MILLION; i++) {
      all.bytes(event);
    }
    byte[] million = all.toByteArray();
    tries.refused("a million events without digests", MALFORMED, () -> judge.on(machine, million));
    tries.refused(
        "a million events, read as they are",
        MALFORMED,
        () -> Judge.parsed(BootLog::parse, million));
    byte[] compressed = compressed(million);
    for (long length : new long[] {million.length, BootLog.MAX_BYTES, machine.bytes().length}) {
      tries.refused(
          "a million events, compressed, that say to be " + length + " bytes",
          MALFORMED,
          () ->
              judge.coded(
                  machine, EvidencePackage.coded(EvidencePackage.ZLIB, length, compressed)));
    }
    tries.accepted(
        "compressed",
        () ->
            judge.coded(
                machine,
                EvidencePackage.coded(
                    EvidencePackage.ZLIB, machine.bytes().length, compressed(machine.bytes()))));
    SoftwareBoot many = new SoftwareBoot(CorpusKey.SHA256);
    for (int i = 0; i < BootLog.MAX_EVENTS; i++) {
      many.events().add(separator);
    }
    tries.refused("one event too many", MALFORMED, () -> judge.on(machine, many));
    for (int pcr : new int[] {24, 32, 255, Integer.MAX_VALUE, -1}) {
      SoftwareBoot other = machine.copy();
      other.events().add(separator.inPcr(pcr));
      tries.refused(
          "PCRIndex " + Integer.toUnsignedString(pcr), MALFORMED, () -> judge.on(machine, other));
    }
  }

  private static byte[] compressed(byte[] log) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DeflaterOutputStream zlib = new DeflaterOutputStream(out)) {
      zlib.write(log);
    }
    return out.toByteArray();
  }

  private void padding(Tries tries) {
    byte[] log = machine.bytes();
    for (int fill : new int[] {0x00, 0xff, 0x20}) {
      byte[] padded = Arrays.copyOf(log, log.length + 4096);
      Arrays.fill(padded, log.length, padded.length, (byte) fill);
      if (fill == 0x20) {
        tries.refused("padded with blanks", MALFORMED, () -> judge.on(machine, padded));
      } else {
        tries.accepted(String.format("padded with %02x", fill), () -> judge.on(machine, padded));
      }
    }
    byte[] mixed = Arrays.copyOf(log, log.length + 64);
    mixed[mixed.length - 1] = (byte) 0xff;
    tries.refused("zeros and a byte of ones", MALFORMED, () -> judge.on(machine, mixed));
    byte[] event = machine.events().get(machine.events().size() - 1).encode();
    tries.refused(
        "an event behind the padding",
        MALFORMED,
        () -> judge.on(machine, joined(log, new byte[64], event)));
    tries.refused(
        "a log behind the padding",
        MALFORMED,
        () -> judge.on(machine, joined(log, new byte[64], log)));
  }

  private void unexplained(Tries tries) throws Exception {
    accepted(tries);
    SoftwareBoot longer = machine.copy().add(5, EventType.EV_EFI_ACTION, new byte[] {65});
    unexplained(tries, "the log goes on where the quote ends", 5, machine, longer);
    SoftwareBoot before = machine.copy();
    before.events().removeIf(event -> event.pcr() == 9);
    unexplained(tries, "the log of a PCR that was never extended", 9, before, machine);
    for (int pcr : new int[] {8, 9, 14}) {
      SoftwareBoot extended =
          machine.copy().add(pcr, EventType.EV_IPL, UefiData.ascii("nvpcr-init:hardware"));
      unexplained(tries, "userspace extended it", pcr, extended, machine);
    }
  }

  /** Refused as an unexplained extend, and told as that of the PCR where it is. */
  private void unexplained(Tries tries, String what, int pcr, SoftwareBoot quoted, SoftwareBoot log)
      throws Exception {
    tries.refused("PCR " + pcr + ": " + what, UNEXPLAINED, () -> judge.on(quoted, log));
    List<String> told =
        judge.appraised(quoted, log).failed().stream().map(Appraisal.Rule::actual).toList();
    String start = "unexplained extend in PCR " + pcr + " of sha256: ";
    if (told.stream().noneMatch(each -> each.startsWith(start))) {
      tries.fail("it must be told as " + start + "…, was " + told);
    }
  }

  private static byte[] joined(byte[]... parts) {
    UefiData all = new UefiData();
    for (byte[] part : parts) {
      all.bytes(part);
    }
    return all.toByteArray();
  }
}
