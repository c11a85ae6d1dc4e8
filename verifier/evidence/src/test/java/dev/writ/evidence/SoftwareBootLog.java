// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * A boot in software: what firmware and loaders measure, the log they write of it, the values that a
 * TPM then has, and a quote of them by a {@link SoftwareAk}. A valid log as it starts out, so that
 * each refusal is shown by changing one thing.
 *
 * <p>Log and PCR values are made here on their own, with nothing of the code under test.
 */
final class SoftwareBootLog {
  static final PcrSelection QUOTED =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14);

  static final String GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
  static final String IMAGE_SECURITY = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
  static final String SHIM = "605dab50-e046-4300-abb6-3dd810dd8b23";
  static final String CERT_X509 = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
  static final String CERT_SHA256 = "c1c41626-504c-4092-aca9-41f936934328";
  static final String OWNER = "77fa9abd-0359-4d32-bd60-28f4e78f784b";

  static final String CALLING = "Calling EFI Application from Boot Option";
  static final String EXITED = "Exit Boot Services Returned with Success";

  /** What stands for a certificate: a DER SEQUENCE of 260 bytes. */
  static final byte[] DB_CERTIFICATE = certificate(1);

  static final byte[] KEK_CERTIFICATE = certificate(2);
  static final byte[] VENDOR_CERTIFICATE = certificate(3);

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
      return type != BootEventType.EV_NO_ACTION.code();
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
    SoftwareBootLog log = firmware(banks.length == 0 ? new TpmAlg[] {TpmAlg.SHA256} : banks);
    log.application("shim 15.8", "\\EFI\\debian\\shimx64.efi");
    log.measure(14, BootEventType.EV_IPL, bytes("MokList value"), bytes("MokList\0"));
    log.add(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, sbatLevel("sbat,1,2024010900\n"));
    log.application("grub 2.06", "\\EFI\\debian\\grubx64.efi");
    log.add(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, variable(SHIM, "Shim", VENDOR_CERTIFICATE));
    log.grub("grub_cmd: ", "set root=hd0,gpt2");
    log.measure(9, BootEventType.EV_IPL, bytes("menu"), bytes("(hd0,gpt2)/boot/grub/grub.cfg\0"));
    log.grub("grub_cmd: ", "linux /boot/vmlinuz-6.1 root=/dev/sda2 ro");
    log.application("vmlinuz 6.1", "");
    log.grub("kernel_cmdline: ", "/boot/vmlinuz-6.1 root=/dev/sda2 ro");
    log.measure(9, BootEventType.EV_IPL, bytes("initrd"), bytes("/boot/initrd.img-6.1\0"));
    return log.exit();
  }

  /** Secure Boot is on; firmware runs a unified kernel image of systemd. */
  static SoftwareBootLog uki(TpmAlg... banks) {
    SoftwareBootLog log = firmware(banks.length == 0 ? new TpmAlg[] {TpmAlg.SHA256} : banks);
    log.application("uki", "\\EFI\\Linux\\linux-6.12.efi");
    for (String section : List.of(".linux", ".osrel", ".cmdline", ".initrd")) {
      byte[] description = utf16(section + "\0");
      log.measure(11, BootEventType.EV_IPL, bytes(section + "\0"), description);
      log.measure(11, BootEventType.EV_IPL, bytes("content of " + section), description);
    }
    log.measure(
        12, BootEventType.EV_IPL, utf16("quiet console=ttyS0"), utf16("quiet console=ttyS0\0"));
    return log.exit();
  }

  /** What firmware measures before it runs a boot application. */
  static SoftwareBootLog firmware(TpmAlg... banks) {
    SoftwareBootLog log = new SoftwareBootLog(banks);
    log.locality(3);
    log.add(0, BootEventType.EV_S_CRTM_VERSION, utf16("firmware 1.0\0"));
    log.measure(0, BootEventType.EV_EFI_PLATFORM_FIRMWARE_BLOB, bytes("firmware"), new byte[16]);
    log.setting(GLOBAL, "SecureBoot", new byte[] {1});
    log.setting(GLOBAL, "PK", signatures(CERT_X509, KEK_CERTIFICATE));
    log.setting(GLOBAL, "KEK", signatures(CERT_X509, KEK_CERTIFICATE));
    log.setting(IMAGE_SECURITY, "db", signatures(CERT_X509, DB_CERTIFICATE));
    log.setting(IMAGE_SECURITY, "dbx", signatures(CERT_SHA256, revoked(1), revoked(2)));
    log.separator(7);
    log.add(1, BootEventType.EV_EFI_VARIABLE_BOOT2, variable(GLOBAL, "BootOrder", new byte[2]));
    log.measure(
        1,
        BootEventType.EV_EFI_VARIABLE_BOOT,
        bytes("a boot option"),
        variable(GLOBAL, "Boot0000", bytes("a boot option")));
    log.add(4, BootEventType.EV_EFI_ACTION, bytes(CALLING));
    for (int pcr = 0; pcr < 7; pcr++) {
      log.separator(pcr);
    }
    log.add(5, BootEventType.EV_EFI_GPT_EVENT, bytes("EFI PART"));
    log.add(
        7,
        BootEventType.EV_EFI_VARIABLE_AUTHORITY,
        variable(IMAGE_SECURITY, "db", concat(guid(OWNER), DB_CERTIFICATE)));
    return log;
  }

  @CanIgnoreReturnValue
  SoftwareBootLog locality(int value) {
    locality = value;
    return told(0, concat(bytes("StartupLocality\0"), new byte[] {(byte) value}));
  }

  @CanIgnoreReturnValue
  SoftwareBootLog told(int pcr, byte[] data) {
    Map<TpmAlg, byte[]> zeros = new EnumMap<>(TpmAlg.class);
    banks.forEach(bank -> zeros.put(bank, new byte[bank.digestBytes()]));
    events.add(new Logged(pcr, BootEventType.EV_NO_ACTION.code(), zeros, data));
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
    Map<TpmAlg, byte[]> digests = new LinkedHashMap<>();
    banks.forEach(bank -> digests.put(bank, bank.newDigest().digest(measured)));
    return new Logged(pcr, type.code(), digests, data);
  }

  private void setting(String vendor, String name, byte[] value) {
    add(7, BootEventType.EV_EFI_VARIABLE_DRIVER_CONFIG, variable(vendor, name, value));
  }

  private void separator(int pcr) {
    add(pcr, BootEventType.EV_SEPARATOR, new byte[4]);
  }

  @CanIgnoreReturnValue
  SoftwareBootLog application(String image, String path) {
    byte[] name = path.isEmpty() ? new byte[0] : filePath(path);
    byte[] header = le(32).putLong(24, name.length).array();
    return measure(
        4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION, bytes(image), concat(header, name));
  }

  private void grub(String prefix, String text) {
    measure(8, BootEventType.EV_IPL, bytes(text), bytes(prefix + text + "\0"));
  }

  @CanIgnoreReturnValue
  private SoftwareBootLog exit() {
    add(5, BootEventType.EV_EFI_ACTION, bytes("Exit Boot Services Invocation"));
    return add(5, BootEventType.EV_EFI_ACTION, bytes(EXITED));
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
    byte[] text = utf16(name);
    return find(
        record ->
            record.data().length >= 32 + text.length
                && le(record.data()).getLong(16) == name.length()
                && Arrays.equals(record.data(), 32, 32 + text.length, text, 0, text.length));
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
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(specId(banks));
    events.forEach(record -> out.writeBytes(encode(record)));
    return out.toByteArray();
  }

  static byte[] encode(Logged record) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(
        le(12).putInt(record.pcr()).putInt(record.type()).putInt(record.digests().size()).array());
    record
        .digests()
        .forEach(
            (bank, digest) -> {
              out.writeBytes(le(2).putShort((short) bank.id()).array());
              out.writeBytes(digest);
            });
    out.writeBytes(le(4).putInt(record.data().length).array());
    out.writeBytes(record.data());
    return out.toByteArray();
  }

  static byte[] specId(List<TpmAlg> banks) {
    byte[] event = new byte[28 + 4 * banks.size() + 1];
    ByteBuffer data = le(event);
    data.put(bytes("Spec ID Event03\0")).putInt(0).put((byte) 0).put((byte) 2).put((byte) 0);
    data.put((byte) 2).putInt(banks.size());
    banks.forEach(bank -> data.putShort((short) bank.id()).putShort((short) bank.digestBytes()));
    return legacy(0, BootEventType.EV_NO_ACTION.code(), new byte[20], event);
  }

  static byte[] legacy(int pcr, int type, byte[] sha1, byte[] data) {
    return concat(
        le(8).putInt(pcr).putInt(type).array(), sha1, le(4).putInt(data.length).array(), data);
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
    List<TpmDigest> values = new ArrayList<>();
    for (PcrSelection.Bank bank : selection.banks()) {
      for (int pcr : bank.indices()) {
        values.add(TpmDigest.of(bank.hash(), value(bank.hash(), pcr)));
      }
    }
    return new PcrValues(selection, values);
  }

  private byte[] value(TpmAlg bank, int pcr) {
    byte[] value = new byte[bank.digestBytes()];
    if (pcr == 0) {
      value[value.length - 1] = (byte) locality;
    }
    if (pcr >= 17 && pcr <= 22) {
      Arrays.fill(value, (byte) 0xff);
    }
    MessageDigest hash = bank.newDigest();
    for (Logged record : events) {
      if (record.pcr() == pcr && record.measured()) {
        hash.update(value);
        value = hash.digest(record.digests().get(bank));
      }
    }
    return value;
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
    return concat(
        guid(vendor),
        le(16).putLong(name.length()).putLong(value.length).array(),
        utf16(name),
        value);
  }

  static byte[] sbatLevel(String level) {
    return variable(SHIM, "SbatLevel", bytes(level));
  }

  /** One EFI_SIGNATURE_LIST of entries that are equally long. */
  static byte[] signatures(String type, byte[]... entries) {
    int each = 16 + entries[0].length;
    byte[] list =
        concat(
            guid(type), le(12).putInt(28 + each * entries.length).putInt(0).putInt(each).array());
    for (byte[] entry : entries) {
      list = concat(list, guid(OWNER), entry);
    }
    return list;
  }

  static byte[] revoked(int number) {
    return TpmAlg.SHA256.newDigest().digest(bytes("revoked " + number));
  }

  static Octets id(byte[] certificate) {
    return Octets.of(TpmAlg.SHA256.newDigest().digest(certificate));
  }

  private static byte[] certificate(int number) {
    byte[] der = new byte[260];
    Arrays.fill(der, (byte) number);
    System.arraycopy(HexFormat.of().parseHex("30820100"), 0, der, 0, 4);
    return der;
  }

  private static byte[] filePath(String path) {
    byte[] text = utf16(path + "\0");
    return concat(
        le(4).put((byte) 4).put((byte) 4).putShort((short) (4 + text.length)).array(),
        text,
        HexFormat.of().parseHex("7fff0400"));
  }

  static byte[] guid(String text) {
    UUID uuid = UUID.fromString(text);
    long high = uuid.getMostSignificantBits();
    return le(16)
        .putInt((int) (high >>> 32))
        .putShort((short) (high >>> 16))
        .putShort((short) high)
        .order(ByteOrder.BIG_ENDIAN)
        .putLong(uuid.getLeastSignificantBits())
        .array();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] utf16(String text) {
    return text.getBytes(StandardCharsets.UTF_16LE);
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static ByteBuffer le(int length) {
    return le(new byte[length]);
  }

  private static ByteBuffer le(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
