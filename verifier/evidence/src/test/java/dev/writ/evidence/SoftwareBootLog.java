// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.fixtures.LoggedEvent;
import dev.writ.fixtures.SoftwareBoot;
import dev.writ.fixtures.UefiData;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A {@link SoftwareBoot} in this room's words, and a quote of the values that a TPM then has by a {@link
 * SoftwareAk}. A valid log as it starts out, so that each refusal is shown by changing one thing.
 *
 * <p>Log and PCR values are made there, with nothing of the code under test.
 */
final class SoftwareBootLog {
  static final PcrSelection QUOTED =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14);

  static final String GLOBAL = UefiData.GLOBAL;
  static final String IMAGE_SECURITY = UefiData.IMAGE_SECURITY;
  static final String SHIM = UefiData.SHIM;
  static final String CERT_X509 = UefiData.CERT_X509;
  static final String CERT_SHA256 = UefiData.CERT_SHA256;
  static final String OWNER = UefiData.OWNER;

  static final String CALLING = SoftwareBoot.CALLING;
  static final String EXITED = SoftwareBoot.EXITED;

  static final byte[] DB_CERTIFICATE = SoftwareBoot.dbCertificate();
  static final byte[] KEK_CERTIFICATE = SoftwareBoot.keyExchangeCertificate();
  static final byte[] VENDOR_CERTIFICATE = SoftwareBoot.vendorCertificate();

  private static final SoftwareAk AK = SoftwareAk.p256();

  /**
   * An event.
   *
   * @param type code of its type
   * @param digests as logged, and as extended where the event is measured
   */
  record Logged(int pcr, int type, Map<TpmAlg, byte[]> digests, byte[] data) {
    Logged ofType(int other) {
      return new Logged(pcr, other, digests, data);
    }

    Logged ofType(BootEventType other) {
      return ofType(other.code());
    }

    Logged inPcr(int other) {
      return new Logged(other, type, digests, data);
    }

    Logged withData(byte[] other) {
      return new Logged(pcr, type, digests, other);
    }

    Logged without(TpmAlg bank) {
      Map<TpmAlg, byte[]> fewer = new LinkedHashMap<>(digests);
      fewer.remove(bank);
      return new Logged(pcr, type, fewer, data);
    }

    Logged withDigestFlipped(TpmAlg bank) {
      Map<TpmAlg, byte[]> flipped = new LinkedHashMap<>(digests);
      flipped.computeIfPresent(
          bank,
          (hash, digest) -> {
            byte[] other = digest.clone();
            other[0] ^= 1;
            return other;
          });
      return new Logged(pcr, type, flipped, data);
    }

    boolean measured() {
      return made().measured();
    }

    private static Logged of(LoggedEvent made) {
      Map<TpmAlg, byte[]> digests = new LinkedHashMap<>();
      made.digests().forEach((id, digest) -> digests.put(TpmAlg.ofId(id).orElseThrow(), digest));
      return new Logged(made.pcr(), made.type(), digests, made.data());
    }

    private LoggedEvent made() {
      Map<Integer, byte[]> byId = new LinkedHashMap<>();
      digests.forEach((bank, digest) -> byId.put(bank.id(), digest));
      return new LoggedEvent(pcr, type, byId, data);
    }
  }

  private final List<TpmAlg> banks;
  final List<Logged> events = new ArrayList<>();
  int locality;

  SoftwareBootLog(TpmAlg... banks) {
    this.banks = List.of(banks);
  }

  /** Secure Boot is on; firmware runs shim, shim GRUB, GRUB a kernel. */
  static SoftwareBootLog grub(TpmAlg... banks) {
    return booted(SoftwareBoot::bootGrub, banks);
  }

  /** Secure Boot is on; firmware runs a unified kernel image of systemd. */
  static SoftwareBootLog uki(TpmAlg... banks) {
    return booted(SoftwareBoot::bootUnifiedKernel, banks);
  }

  /** What firmware measures before it runs a boot application. */
  static SoftwareBootLog firmware(TpmAlg... banks) {
    return booted(SoftwareBoot::bootFirmware, banks);
  }

  private static SoftwareBootLog booted(Consumer<SoftwareBoot> boot, TpmAlg... banks) {
    SoftwareBootLog log =
        new SoftwareBootLog(banks.length == 0 ? new TpmAlg[] {TpmAlg.SHA256} : banks);
    SoftwareBoot made = log.made();
    boot.accept(made);
    log.take(made);
    return log;
  }

  /** These events on a machine that started at this locality. */
  private SoftwareBoot made() {
    SoftwareBoot made = new SoftwareBoot(banks.stream().mapToInt(TpmAlg::id).toArray());
    events.forEach(record -> made.events().add(record.made()));
    return made.startedAt(locality);
  }

  private void take(SoftwareBoot made) {
    events.clear();
    made.events().forEach(event -> events.add(Logged.of(event)));
    locality = made.startupLocality();
  }

  @CanIgnoreReturnValue
  SoftwareBootLog locality(int value) {
    take(made().locality(value));
    return this;
  }

  @CanIgnoreReturnValue
  SoftwareBootLog told(int pcr, byte[] data) {
    take(made().told(pcr, data));
    return this;
  }

  /** An event that measures its data. */
  @CanIgnoreReturnValue
  SoftwareBootLog add(int pcr, BootEventType type, byte[] data) {
    return measure(pcr, type, data, data);
  }

  @CanIgnoreReturnValue
  SoftwareBootLog measure(int pcr, BootEventType type, byte[] measured, byte[] data) {
    events.add(record(pcr, type, measured, data));
    return this;
  }

  Logged record(int pcr, BootEventType type, byte[] measured, byte[] data) {
    return Logged.of(made().event(pcr, type.code(), measured, data));
  }

  @CanIgnoreReturnValue
  SoftwareBootLog application(String image, String path) {
    take(made().application(image, path));
    return this;
  }

  /** Index of the first event that is so. */
  int find(Predicate<Logged> which) {
    for (int i = 0; i < events.size(); i++) {
      if (which.test(events.get(i))) {
        return i;
      }
    }
    throw new AssertionError("no such event");
  }

  int find(int pcr, BootEventType type) {
    return find(record -> record.pcr() == pcr && record.type() == type.code());
  }

  int findVariable(String name) {
    return made().findVariable(name);
  }

  @CanIgnoreReturnValue
  SoftwareBootLog set(int index, Logged record) {
    events.set(index, record);
    return this;
  }

  @CanIgnoreReturnValue
  SoftwareBootLog insert(int index, Logged record) {
    events.add(index, record);
    return this;
  }

  @CanIgnoreReturnValue
  SoftwareBootLog remove(int index) {
    events.remove(index);
    return this;
  }

  /** Replaces the event by one that measures other data in its place. */
  @CanIgnoreReturnValue
  SoftwareBootLog remeasure(int index, byte[] data) {
    Logged old = events.get(index);
    return set(
        index, record(old.pcr(), BootEventType.ofCode(old.type()).orElseThrow(), data, data));
  }

  SoftwareBootLog copy() {
    SoftwareBootLog copy = new SoftwareBootLog(banks.toArray(TpmAlg[]::new));
    copy.events.addAll(events);
    copy.locality = locality;
    return copy;
  }

  byte[] bytes() {
    return made().bytes();
  }

  static byte[] encode(Logged record) {
    return record.made().encode();
  }

  static byte[] specId(List<TpmAlg> banks) {
    return SoftwareBoot.specId(banks.stream().mapToInt(TpmAlg::id).toArray());
  }

  static byte[] legacy(int pcr, int type, byte[] sha1, byte[] data) {
    return LoggedEvent.encodeLegacy(pcr, type, sha1, data);
  }

  BootLog parsed() {
    return parsed(bytes());
  }

  static BootLog parsed(byte[] bytes) {
    try {
      return BootLog.parse(bytes);
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  /** What a TPM has after these measurements. */
  PcrValues values(PcrSelection selection) {
    SoftwareBoot made = made();
    List<TpmDigest> values = new ArrayList<>();
    for (PcrSelection.Bank bank : selection.banks()) {
      for (int pcr : bank.indices()) {
        values.add(TpmDigest.of(bank.hash(), made.value(bank.hash().id(), pcr)));
      }
    }
    return new PcrValues(selection, values);
  }

  /** The log's outcome on the machine that made it. */
  BootLogOutcome verify() {
    return verify(parsed(), values(QUOTED));
  }

  /** The outcome of this log on a machine that measured something else. */
  BootLogOutcome verifyOn(SoftwareBootLog machine) {
    return verify(parsed(), machine.values(QUOTED));
  }

  static BootLogOutcome verify(BootLog log, PcrValues values) {
    return BootLogVerifier.verify(log, quote(values));
  }

  VerifiedBootLog verified() {
    return (VerifiedBootLog) verify();
  }

  static VerifiedQuote quote(PcrValues values) {
    byte[] statement =
        Statement.quote(TpmAlg.SHA256)
            .withAttested(
                new Attested.Quote(values.selection(), values.pcrDigest(TpmAlg.SHA256).value()))
            .bytes();
    try {
      return (VerifiedQuote)
          QuoteVerifier.verify(
              TpmsAttest.parse(statement),
              AK.sign(statement),
              values,
              AK.enrolled(),
              Statement.QUALIFYING_DATA,
              values.selection());
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  static byte[] variable(String vendor, String name, byte[] value) {
    return UefiData.variable(vendor, name, value);
  }

  static byte[] sbatLevel(String level) {
    return SoftwareBoot.sbatLevel(level);
  }

  /** One EFI_SIGNATURE_LIST of entries that are equally long. */
  static byte[] signatures(String type, byte[]... entries) {
    return UefiData.signatures(type, entries);
  }

  static byte[] revoked(int number) {
    return SoftwareBoot.revoked(number);
  }

  static Octets id(byte[] certificate) {
    return Octets.of(TpmAlg.SHA256.newDigest().digest(certificate));
  }

  static byte[] guid(String text) {
    return UefiData.guid(text);
  }

  static byte[] bytes(String text) {
    return UefiData.ascii(text);
  }

  static byte[] utf16(String text) {
    return UefiData.utf16(text);
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
