// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Evidence (RFC 9334): one package of what a host's TPM says, parsed whole and still unverified,
 * beside the bytes it was read from. The package's form is drawn in the package documentation.
 */
public final class Evidence {
  /** Longest section of what a TPM said, in bytes. */
  private static final int MAX_STATEMENT = 64 * 1024;

  /** Longest boot log in bytes: 60 KB are usual, and firmware that measures every blob writes more. */
  public static final int MAX_BOOT_LOG = 1 << 20;

  /** Longest section of a log as it is coded. */
  private static final int MAX_CODED_LOG = 1 << 20;

  /** Longest package in bytes. */
  public static final int MAX_BYTES = 2 * MAX_CODED_LOG;

  private static final Octets MAGIC = Octets.fromHex("57524954"); // "WRIT"
  private static final int VERSION = 1;

  private static final int QUOTE = 1;
  private static final int QUOTE_SIGNATURE = 2;
  private static final int PCR_VALUES = 3;
  private static final int KEY = 4;
  private static final int KEY_ATTEST = 5;
  private static final int KEY_SIGNATURE = 6;
  private static final int BOOT_LOG = 7;
  private static final int IMA_LIST = 8;

  /**
   * An instance key and its certification by the attestation key, sections 4 to 6.
   *
   * @param key the instance key's public area
   * @param attest what TPM2_Certify said of it
   * @param signature over {@code attest}
   */
  public record KeyCertification(TpmtPublic key, TpmsAttest attest, TpmtSignature signature) {}

  /** Where the digest of a log stands in place of it: the log's id and this. */
  private static final int DIGEST_OF = 0x100;

  private final Octets encoded;
  private final Sections sections;
  private final TpmsAttest quote;
  private final TpmtSignature quoteSignature;
  private final PcrValues pcrValues;
  private final Optional<KeyCertification> keyCertification;
  private final Optional<CodedLog> bootLog;
  private final Optional<CodedLog> imaList;

  private Evidence(byte[] bytes, Sections sections) throws MalformedEvidenceException {
    this.encoded = Octets.of(bytes);
    this.sections = sections;
    this.quote = sections.parse(QUOTE, "quote", TpmsAttest::parse);
    this.quoteSignature = sections.parse(QUOTE_SIGNATURE, "quoteSignature", TpmtSignature::parse);
    this.pcrValues = sections.parse(PCR_VALUES, "pcrs", PcrValues::parse);
    this.keyCertification =
        sections.has(KEY) || sections.has(KEY_ATTEST) || sections.has(KEY_SIGNATURE)
            ? Optional.of(
                new KeyCertification(
                    sections.parse(KEY, "key", TpmtPublic::parse),
                    sections.parse(KEY_ATTEST, "keyAttest", TpmsAttest::parse),
                    sections.parse(KEY_SIGNATURE, "keySignature", TpmtSignature::parse)))
            : Optional.empty();
    this.bootLog = sections.log(BOOT_LOG, "bootLog", MAX_BOOT_LOG);
    this.imaList = sections.log(IMA_LIST, "imaList", ImaSegment.MAX_BYTES);
  }

  /**
   * Parses a whole package.
   *
   * @throws MalformedEvidenceException if it is none, misses a section, has one too many, or does not
   *     end at the end
   */
  public static Evidence parse(byte[] bytes) throws MalformedEvidenceException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedEvidenceException(
          "evidence", 0, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    return new Evidence(bytes, Sections.read(bytes, IMA_LIST));
  }

  /** What {@link KeptEvidence#parse} says. */
  static KeptEvidence parseKept(byte[] bytes) throws MalformedEvidenceException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedEvidenceException(
          "evidence", 0, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    Sections sections = Sections.read(bytes, DIGEST_OF + IMA_LIST);
    if (sections.has(BOOT_LOG) || sections.has(IMA_LIST)) {
      throw new MalformedEvidenceException("evidence", 0, "digests in place of logs", "a log");
    }
    return new KeptEvidence(
        parse(sections.withoutLogs()),
        sections.digest(BOOT_LOG, "bootLogDigest"),
        sections.digest(IMA_LIST, "imaListDigest"));
  }

  /** The bytes that were parsed. */
  public byte[] bytes() {
    return encoded.bytes();
  }

  /**
   * The package as it is kept, with the digests of its logs in place of them: {@link #bytes} where it
   * has none.
   */
  public byte[] kept() {
    return bootLog.isEmpty() && imaList.isEmpty() ? bytes() : sections.withLogsDigested();
  }

  /** SHA-256 of {@link #kept}: 32 bytes by which decisions name this evidence. */
  public byte[] digest() {
    return TpmAlg.SHA256.newDigest().digest(kept());
  }

  /** What TPM2_Quote said. */
  public TpmsAttest quote() {
    return quote;
  }

  /** The signature over {@link #quote}. */
  public TpmtSignature quoteSignature() {
    return quoteSignature;
  }

  /** The values that the host says its PCRs have. */
  public PcrValues pcrValues() {
    return pcrValues;
  }

  /** The instance key with its certification; absent where the key was certified before. */
  public Optional<KeyCertification> keyCertification() {
    return keyCertification;
  }

  /** The boot event log, not expanded; absent where it was given before, or is not asked for. */
  public Optional<CodedLog> bootLog() {
    return bootLog;
  }

  /** A part of the IMA measurement list, not expanded; absent as {@link #bootLog}. */
  public Optional<CodedLog> imaList() {
    return imaList;
  }

  /** A builder of packages, for the host's side. */
  public static Builder builder() {
    return new Builder();
  }

  /** Puts wire structures, as a TPM delivers them without their TPM2B size, into one package. */
  public static final class Builder {
    private final SortedMap<Integer, byte[]> sections = new TreeMap<>();

    private Builder() {}

    /** A quote: TPMS_ATTEST and TPMT_SIGNATURE. */
    @CanIgnoreReturnValue
    public Builder quote(byte[] tpmsAttest, byte[] tpmtSignature) {
      sections.put(QUOTE, tpmsAttest.clone());
      sections.put(QUOTE_SIGNATURE, tpmtSignature.clone());
      return this;
    }

    /** The values of the quoted PCRs. */
    @CanIgnoreReturnValue
    public Builder pcrValues(PcrValues values) {
      sections.put(PCR_VALUES, values.encode());
      return this;
    }

    /** The instance key, TPMT_PUBLIC, and its certification, TPMS_ATTEST and TPMT_SIGNATURE. */
    @CanIgnoreReturnValue
    public Builder keyCertification(byte[] tpmtPublic, byte[] tpmsAttest, byte[] tpmtSignature) {
      sections.put(KEY, tpmtPublic.clone());
      sections.put(KEY_ATTEST, tpmsAttest.clone());
      sections.put(KEY_SIGNATURE, tpmtSignature.clone());
      return this;
    }

    /** The boot event log, as the kernel shows it. */
    @CanIgnoreReturnValue
    public Builder bootLog(byte[] log) {
      sections.put(BOOT_LOG, CodedLog.encode(log));
      return this;
    }

    /** A part of the IMA measurement list, {@link ImaSegment#encode}. */
    @CanIgnoreReturnValue
    public Builder imaList(byte[] segment) {
      sections.put(IMA_LIST, CodedLog.encode(segment));
      return this;
    }

    /**
     * The package, parsed.
     *
     * @throws MalformedEvidenceException if a structure is not what it should be, or one is missing
     */
    public Evidence build() throws MalformedEvidenceException {
      return parse(assemble(sections));
    }
  }

  private static byte[] assemble(SortedMap<Integer, byte[]> sections) {
    TpmWriter out = new TpmWriter().octets(MAGIC).u16(VERSION).u16(sections.size());
    sections.forEach((id, content) -> out.u16(id).u32(content.length).bytes(content));
    return out.toByteArray();
  }

  private record Section(int offset, byte[] content) {}

  private interface Parser<T> {
    T parse(byte[] bytes) throws MalformedEvidenceException;
  }

  /** The sections of a package, cut out and not yet parsed. */
  private static final class Sections {
    private final Map<Integer, Section> byId = new TreeMap<>();
    private final int length;

    private Sections(int length) {
      this.length = length;
    }

    static Sections read(byte[] bytes, int lastId) throws MalformedEvidenceException {
      TpmReader in = new TpmReader(bytes);
      Octets magic = in.octets("magic", MAGIC.length());
      if (!magic.equals(MAGIC)) {
        throw in.malformed("magic", 0, MAGIC.hex() + " (WRIT)", magic.hex());
      }
      int version = in.u16("version");
      if (version != VERSION) {
        throw in.malformed("version", 4, Integer.toString(VERSION), Integer.toString(version));
      }
      int count = in.u16("sectionCount");
      Sections sections = new Sections(bytes.length);
      int previous = 0;
      for (int i = 0; i < count; i++) {
        int idAt = in.position();
        int id = in.u16("sectionId");
        boolean none = id > IMA_LIST && id < DIGEST_OF + BOOT_LOG;
        if (id <= previous || none || id > lastId) {
          throw in.malformed(
              "sectionId", idAt, "above " + previous + ", at most " + lastId, "" + id);
        }
        previous = id;
        int lengthAt = in.position();
        long length = in.u32("sectionLength");
        int longest = id < BOOT_LOG ? MAX_STATEMENT : MAX_CODED_LOG;
        if (length > longest) {
          throw in.malformed("sectionLength", lengthAt, "at most " + longest, "" + length);
        }
        int at = in.position();
        Octets content = in.octets("section", (int) length);
        sections.byId.put(id, new Section(at, content.bytes()));
      }
      in.end("evidence");
      return sections;
    }

    byte[] withLogsDigested() {
      SortedMap<Integer, byte[]> kept = new TreeMap<>();
      byId.forEach(
          (id, section) -> {
            if (id < BOOT_LOG) {
              kept.put(id, section.content());
            } else {
              kept.put(id + DIGEST_OF, TpmAlg.SHA256.newDigest().digest(section.content()));
            }
          });
      return assemble(kept);
    }

    byte[] withoutLogs() {
      SortedMap<Integer, byte[]> statements = new TreeMap<>();
      byId.forEach(
          (id, section) -> {
            if (id < DIGEST_OF) {
              statements.put(id, section.content());
            }
          });
      return assemble(statements);
    }

    Optional<TpmDigest> digest(int log, String field) throws MalformedEvidenceException {
      Section section = byId.get(log + DIGEST_OF);
      if (section == null) {
        return Optional.empty();
      }
      if (section.content().length != TpmAlg.SHA256.digestBytes()) {
        throw new MalformedEvidenceException(
            field, section.offset(), "32 bytes", section.content().length + " bytes");
      }
      return Optional.of(TpmDigest.of(TpmAlg.SHA256, section.content()));
    }

    boolean has(int id) {
      return byId.containsKey(id);
    }

    Optional<CodedLog> log(int id, String field, int longest) throws MalformedEvidenceException {
      return has(id)
          ? Optional.of(parse(id, field, section -> CodedLog.parse(section, longest)))
          : Optional.empty();
    }

    <T> T parse(int id, String field, Parser<T> parser) throws MalformedEvidenceException {
      Section section = byId.get(id);
      if (section == null) {
        throw new MalformedEvidenceException(field, length, "present as section " + id, "absent");
      }
      try {
        return parser.parse(section.content());
      } catch (MalformedEvidenceException e) {
        throw e.inside(field, section.offset());
      }
    }
  }
}
