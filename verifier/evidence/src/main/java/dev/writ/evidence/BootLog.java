// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A boot event log of the TCG PC Client Platform Firmware Profile (PFP), parsed whole and
 * still unverified, beside the bytes it was read from.
 *
 * <pre>
 * TCG_PCR_EVENT:  pcr(4) type(4) sha1(20) size(4) data(size)                 little-endian
 * TCG_PCR_EVENT2: pcr(4) type(4) count(4) {algorithm(2) digest}* size(4) data(size)
 * </pre>
 *
 * <p>A crypto-agile log starts with a TCG_PCR_EVENT, EV_NO_ACTION in PCR 0, whose data is
 * TCG_EfiSpecIDEvent, "Spec ID Event03": it names the algorithms and the length of their digests,
 * also of those that are not known here. TCG_PCR_EVENT2 follow. Any other log is a legacy one:
 * TCG_PCR_EVENT throughout, SHA-1 only, read to be reported.
 *
 * <p>Accepted knowingly: bytes after the last event that are all 0x00 or all 0xff (a log area read
 * whole, as the table CCEL points to); an EV_NO_ACTION whose PCR is 0xffffffff (Windows writes its
 * trust point so); a Spec ID event whose size leaves out the vendor information behind it.
 */
public final class BootLog {
  /** Longest log in bytes. */
  public static final int MAX_BYTES = 1024 * 1024;

  /** Most events. */
  public static final int MAX_EVENTS = 4096;

  /** Longest data of one event in bytes. */
  public static final int MAX_EVENT_BYTES = 256 * 1024;

  /** Most algorithms, one for each bank a TPM could have. */
  public static final int MAX_ALGORITHMS = 8;

  /** Longest digest in bytes, SHA-512's. */
  private static final int MAX_DIGEST_BYTES = 64;

  private static final byte[] SPEC_ID = ascii("Spec ID Event03\0");
  private static final byte[] ANY_SPEC_ID = ascii("Spec ID Event");
  private static final byte[] STARTUP_LOCALITY = ascii("StartupLocality");
  private static final int STARTUP_LOCALITY_BYTES = STARTUP_LOCALITY.length + 2;

  /**
   * An algorithm that events have digests of.
   *
   * @param algorithmId TPM_ALG_ID
   * @param digestBytes length of a digest
   */
  public record Bank(int algorithmId, int digestBytes) {
    /** The algorithm, where it is a known one. */
    public Optional<TpmAlg> hash() {
      return TpmAlg.ofId(algorithmId).filter(TpmAlg::isHash);
    }
  }

  private final byte[] bytes;
  private final boolean cryptoAgile;
  private final List<Bank> banks;
  private final List<BootEvent> events = new ArrayList<>();
  private int paddingBytes;
  private int toldLocality = -1;
  private boolean hardwareRoot;
  private boolean pcr0Measured;

  private BootLog(byte[] bytes) throws MalformedEvidenceException {
    this.bytes = bytes;
    UefiReader in = new UefiReader(bytes, 0, bytes.length);
    int tail = tail(bytes);
    if (tail == 0) {
      throw in.malformed("bootLog", 0, "at least one event", bytes.length + " bytes without one");
    }
    BootEvent first;
    try {
      first = legacyEvent(in);
      this.cryptoAgile = isSpecId(first);
      this.banks = cryptoAgile ? specId(first, in) : List.of(new Bank(TpmAlg.SHA1.id(), 20));
      add(first);
    } catch (MalformedEvidenceException e) {
      throw e.inside("event[0]", 0);
    }
    while (in.remaining() > 0) {
      if (in.position() >= tail) {
        paddingBytes = in.remaining();
        break;
      }
      if (events.size() == MAX_EVENTS) {
        throw in.malformed("events", in.position(), "at most " + MAX_EVENTS, "more");
      }
      try {
        add(cryptoAgile ? event2(in) : legacyEvent(in));
      } catch (MalformedEvidenceException e) {
        throw e.inside("event[" + events.size() + "]", 0);
      }
    }
    if (hardwareRoot && toldLocality >= 0 && toldLocality != 4) {
      throw in.malformed(
          "startupLocality", 0, "4 where a hardware root of trust measured", "" + toldLocality);
    }
  }

  /**
   * Parses a whole log.
   *
   * @throws MalformedEvidenceException if it is none, is over a limit, says twice or out of place how
   *     PCR 0 started, or does not end at the end
   */
  public static BootLog parse(byte[] bytes) throws MalformedEvidenceException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedEvidenceException(
          "bootLog", 0, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    return new BootLog(bytes.clone());
  }

  /** The bytes that were parsed. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** SHA-256 of {@link #bytes}. */
  public TpmDigest sha256() {
    return TpmDigest.of(TpmAlg.SHA256, TpmAlg.SHA256.newDigest().digest(bytes));
  }

  /** Whether events have digests of several algorithms; a legacy log has SHA-1 alone. */
  public boolean isCryptoAgile() {
    return cryptoAgile;
  }

  /** The algorithms that the log announces, in its order. */
  public List<Bank> banks() {
    return banks;
  }

  /** Whether the log announces digests of {@code hash}. */
  public boolean hasBank(TpmAlg hash) {
    return banks.stream().anyMatch(bank -> bank.algorithmId() == hash.id());
  }

  /** The events in order; the first of a crypto-agile log is its Spec ID event. */
  public List<BootEvent> events() {
    return Collections.unmodifiableList(events);
  }

  /**
   * The locality in the last byte of PCR 0's start (PFP, Startup Locality Event): 0; 3 as a
   * StartupLocality event says; 4 where it says so or an EV_EFI_HCRTM_EVENT was measured.
   */
  public int startupLocality() {
    return hardwareRoot ? 4 : Math.max(0, toldLocality);
  }

  /** Number of padding bytes after the last event. */
  public int paddingBytes() {
    return paddingBytes;
  }

  byte[] raw() {
    return bytes;
  }

  /** Length of a digest of an algorithm that the log announces. */
  int digestBytes(int algorithmId) {
    for (Bank bank : banks) {
      if (bank.algorithmId() == algorithmId) {
        return bank.digestBytes();
      }
    }
    throw new IllegalStateException("bug: an event has a digest that the log does not announce");
  }

  private void add(BootEvent event) throws MalformedEvidenceException {
    if (!events.isEmpty() && !event.isMeasured() && event.dataStartsWith(ANY_SPEC_ID)) {
      throw malformed("specId", event.dataAt(), "the first event and no other", "another one");
    }
    if (!event.isMeasured() && event.dataStartsWith(STARTUP_LOCALITY)) {
      startupLocality(event);
    }
    if (event.is(BootEventType.EV_EFI_HCRTM_EVENT)) {
      if (event.pcr() != 0 || pcr0Measured) {
        throw malformed(
            "hcrtm",
            event.offset(),
            "the first measurement into PCR 0",
            pcr0Measured && event.pcr() == 0 ? "a later one" : "one into PCR " + event.pcr());
      }
      hardwareRoot = true;
    }
    pcr0Measured |= event.pcr() == 0 && event.isMeasured();
    events.add(event);
  }

  private void startupLocality(BootEvent event) throws MalformedEvidenceException {
    String field = "startupLocality";
    if (event.pcr() != 0) {
      throw malformed(field, event.offset(), "in PCR 0", "in PCR " + event.pcr());
    }
    if (toldLocality >= 0) {
      throw malformed(field, event.offset(), "told once", "told again");
    }
    if (pcr0Measured) {
      throw malformed(field, event.offset(), "before PCR 0's first measurement", "after it");
    }
    if (event.dataLength() != STARTUP_LOCALITY_BYTES) {
      throw malformed(
          field, event.dataAt(), STARTUP_LOCALITY_BYTES + " bytes", event.dataLength() + " bytes");
    }
    int at = event.dataAt() + STARTUP_LOCALITY_BYTES - 1;
    int locality = bytes[at] & 0xff;
    if (bytes[at - 1] != 0 || locality != 0 && locality != 3 && locality != 4) {
      throw malformed(field, at, "0, 3 or 4", Integer.toString(locality));
    }
    toldLocality = locality;
  }

  private BootEvent legacyEvent(UefiReader in) throws MalformedEvidenceException {
    int offset = in.position();
    long pcr = in.u32("pcr");
    int type = (int) in.u32("type");
    int digestAt = in.skip("digest", TpmAlg.SHA1.digestBytes());
    return event(in, offset, pcr, type, digestAt, BootEvent.LEGACY);
  }

  private BootEvent event2(UefiReader in) throws MalformedEvidenceException {
    int offset = in.position();
    long pcr = in.u32("pcr");
    int type = (int) in.u32("type");
    int countAt = in.position();
    long count = in.u32("digests.count");
    if (count < 1 || count > banks.size()) {
      throw in.malformed("digests.count", countAt, "1 to " + banks.size(), Long.toString(count));
    }
    int digestsAt = in.position();
    int seen = 0;
    for (int i = 0; i < count; i++) {
      int at = in.position();
      int id = in.u16("digest.algorithm");
      int place = place(id);
      if (place < 0 || (seen >>> place & 1) == 1) {
        throw in.malformed(
            "digest.algorithm",
            at,
            "one that the Spec ID event names, once",
            TpmReader.hex16(id) + (place < 0 ? "" : " again"));
      }
      seen |= 1 << place;
      in.skip("digest", banks.get(place).digestBytes());
    }
    return event(in, offset, pcr, type, digestsAt, (int) count);
  }

  private BootEvent event(
      UefiReader in, int offset, long pcr, int type, int digestsAt, int digestCount)
      throws MalformedEvidenceException {
    boolean told = type == BootEventType.EV_NO_ACTION.code() && pcr == 0xffff_ffffL;
    if (pcr >= PcrSelection.PCRS && !told) {
      throw in.malformed("pcr", offset, "0 to " + (PcrSelection.PCRS - 1), Long.toString(pcr));
    }
    int sizeAt = in.position();
    long size = in.u32("size");
    if (size > MAX_EVENT_BYTES) {
      throw in.malformed("size", sizeAt, "at most " + MAX_EVENT_BYTES, Long.toString(size));
    }
    int dataAt = in.skip("data", (int) size);
    return new BootEvent(
        this,
        events.size(),
        offset,
        told ? BootEvent.NO_PCR : (int) pcr,
        type,
        digestsAt,
        digestCount,
        dataAt,
        (int) size);
  }

  private boolean isSpecId(BootEvent first) {
    return !first.isMeasured() && first.pcr() == 0 && first.dataStartsWith(SPEC_ID);
  }

  /** TCG_EfiSpecIDEvent (PFP, Specification ID Version Event). */
  private List<Bank> specId(BootEvent first, UefiReader log) throws MalformedEvidenceException {
    UefiReader in = new UefiReader(bytes, first.dataAt(), first.dataLength());
    if (!first.digestsAreZero()) {
      throw in.malformed("specId.digest", first.offset() + 8, "20 zero bytes", "another digest");
    }
    in.skip("specId.signature", SPEC_ID.length);
    in.skip("specId.platformClass", 4);
    int versionAt = in.position();
    int minor = in.u8("specId.specVersionMinor");
    int major = in.u8("specId.specVersionMajor");
    if (major != 2) {
      throw in.malformed("specId.specVersion", versionAt, "2.x", major + "." + minor);
    }
    in.skip("specId.specErrata", 1);
    int uintnAt = in.position();
    int uintn = in.u8("specId.uintnSize");
    if (uintn != 1 && uintn != 2) {
      throw in.malformed("specId.uintnSize", uintnAt, "1 or 2", Integer.toString(uintn));
    }
    int countAt = in.position();
    long count = in.u32("specId.numberOfAlgorithms");
    if (count < 1 || count > MAX_ALGORITHMS) {
      throw in.malformed(
          "specId.numberOfAlgorithms", countAt, "1 to " + MAX_ALGORITHMS, Long.toString(count));
    }
    List<Bank> found = new ArrayList<>((int) count);
    for (int i = 0; i < count; i++) {
      int at = in.position();
      Bank bank = new Bank(in.u16("specId.algorithmId"), in.u16("specId.digestSize"));
      int known = bank.hash().map(TpmAlg::digestBytes).orElse(bank.digestBytes());
      if (bank.digestBytes() != known || known < 1 || known > MAX_DIGEST_BYTES) {
        throw in.malformed(
            "specId.digestSize",
            at + 2,
            bank.hash().isPresent() ? Integer.toString(known) : "1 to " + MAX_DIGEST_BYTES,
            Integer.toString(bank.digestBytes()));
      }
      if (found.stream().anyMatch(other -> other.algorithmId() == bank.algorithmId())) {
        throw in.malformed(
            "specId.algorithmId", at, "not yet named", TpmReader.hex16(bank.algorithmId()));
      }
      found.add(bank);
    }
    int vendorBytes = in.u8("specId.vendorInfoSize");
    if (in.remaining() == 0) {
      log.skip("specId.vendorInfo", vendorBytes);
    } else {
      in.skip("specId.vendorInfo", vendorBytes);
    }
    in.end("specId");
    return List.copyOf(found);
  }

  /** Place of an algorithm among the banks, or -1. */
  private int place(int algorithmId) {
    for (int i = 0; i < banks.size(); i++) {
      if (banks.get(i).algorithmId() == algorithmId) {
        return i;
      }
    }
    return -1;
  }

  /** Where the last bytes begin that are all 0x00 or all 0xff; the length where there are none. */
  private static int tail(byte[] bytes) {
    int at = bytes.length;
    if (at > 0 && (bytes[at - 1] == 0 || bytes[at - 1] == (byte) 0xff)) {
      byte filling = bytes[at - 1];
      while (at > 0 && bytes[at - 1] == filling) {
        at--;
      }
    }
    return at;
  }

  private static MalformedEvidenceException malformed(
      String field, int at, String expected, String actual) {
    return new MalformedEvidenceException(field, at, expected, actual);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BootLog that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "BootLog(" + events.size() + " events, " + bytes.length + " bytes)";
  }
}
