// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * TPMS_ATTEST (Part 2, 10.12.12): a statement of a TPM, still unverified, beside the bytes it was
 * read from.
 *
 * <pre>
 * magic(4) type(2) qualifiedSigner(TPM2B) extraData(TPM2B)
 * clock(8) resetCount(4) restartCount(4) safe(1) firmwareVersion(8) attested(by type)
 * </pre>
 *
 * <p>The magic is kept as read: whether it is TPM_GENERATED_VALUE is the verifier's first question.
 */
public final class TpmsAttest {
  /** TPM_GENERATED_VALUE: a restricted key signs nothing from outside that starts with it. */
  public static final long TPM_GENERATED = 0xff544347L;

  /** Longest TPMS_ATTEST in bytes, the size of tpm2-tss's TPM2B_ATTEST. */
  static final int MAX_BYTES = 2304;

  /** TPM2B_DATA holds the longest digest at most. */
  static final int MAX_EXTRA_DATA = 64;

  /** Longest TPM2B_DIGEST, a SHA-512 digest. */
  private static final int MAX_DIGEST = 64;

  /** TPM2B_MAX_NV_BUFFER of tpm2-tss. */
  private static final int MAX_NV_BUFFER = 2048;

  private final Octets encoded;
  private final long magic;
  private final TpmName qualifiedSigner;
  private final Octets extraData;
  private final ClockInfo clockInfo;
  private final long firmwareVersion;
  private final Attested attested;

  private TpmsAttest(TpmReader in, Octets encoded) throws MalformedEvidenceException {
    this.encoded = encoded;
    this.magic = in.u32("magic");
    int typeAt = in.position();
    int tag = in.u16("type");
    AttestType type =
        AttestType.ofTag(tag)
            .orElseThrow(
                () -> in.malformed("type", typeAt, "a known TPM_ST_ATTEST", TpmReader.hex16(tag)));
    this.qualifiedSigner = TpmName.read(in, "qualifiedSigner");
    this.extraData = in.tpm2b("extraData", MAX_EXTRA_DATA);
    this.clockInfo = ClockInfo.read(in);
    this.firmwareVersion = in.u64("firmwareVersion");
    this.attested = readAttested(type, in);
    in.end("attest");
  }

  /**
   * Parses a bare TPMS_ATTEST.
   *
   * @throws MalformedEvidenceException if it is none, or does not end at the end
   */
  public static TpmsAttest parse(byte[] bytes) throws MalformedEvidenceException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedEvidenceException(
          "attest", 0, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    return new TpmsAttest(new TpmReader(bytes), Octets.of(bytes));
  }

  /**
   * Parses a TPM2B_ATTEST, a TPMS_ATTEST behind its u16 size, as TPM2_Quote returns it.
   *
   * @throws MalformedEvidenceException if it is none, or does not end at the end
   */
  public static TpmsAttest parseTpm2b(byte[] bytes) throws MalformedEvidenceException {
    return parse(TpmReader.contentOfTpm2b(bytes, "attest", MAX_BYTES));
  }

  /** The wire form of a TPMS_ATTEST with these fields, as a TPM makes it before it signs. */
  static byte[] marshal(
      long magic,
      TpmName qualifiedSigner,
      Octets extraData,
      ClockInfo clockInfo,
      long firmwareVersion,
      Attested attested) {
    TpmWriter out = new TpmWriter();
    out.u32(magic).u16(attested.type().tag());
    out.tpm2b(qualifiedSigner.value()).tpm2b(extraData);
    clockInfo.write(out);
    return out.u64(firmwareVersion).bytes(attested.encode()).toByteArray();
  }

  /** The bytes that were parsed, without a TPM2B size; what is signed. */
  public byte[] bytes() {
    return encoded.bytes();
  }

  /** 0xff544347 in what a TPM made itself. */
  public long magic() {
    return magic;
  }

  /** What is attested to. */
  public AttestType type() {
    return attested.type();
  }

  /** Qualified name of the key that signed. */
  public TpmName qualifiedSigner() {
    return qualifiedSigner;
  }

  /** The caller's qualifying data. */
  public Octets extraData() {
    return extraData;
  }

  /** Time and restarts. */
  public ClockInfo clockInfo() {
    return clockInfo;
  }

  /** The vendor's number for the TPM's firmware, an unsigned 64-bit number. */
  public long firmwareVersion() {
    return firmwareVersion;
  }

  /** The part that depends on the type. */
  public Attested attested() {
    return attested;
  }

  private static Attested readAttested(AttestType type, TpmReader in)
      throws MalformedEvidenceException {
    TpmWriter other = new TpmWriter();
    switch (type) {
      case QUOTE -> {
        return new Attested.Quote(PcrSelection.read(in, "pcrSelect"), digest(in, "pcrDigest"));
      }
      case CERTIFY -> {
        return new Attested.Certify(TpmName.read(in, "name"), TpmName.read(in, "qualifiedName"));
      }
      case CREATION -> {
        return new Attested.Creation(TpmName.read(in, "objectName"), digest(in, "creationHash"));
      }
      case NV -> {
        other.tpm2b(TpmName.read(in, "indexName").value());
        other.u16(in.u16("offset"));
        other.tpm2b(in.tpm2b("nvContents", MAX_NV_BUFFER));
      }
      case COMMAND_AUDIT -> {
        other.u64(in.u64("auditCounter"));
        other.alg(in.hash("digestAlg"));
        other.tpm2b(digest(in, "auditDigest"));
        other.tpm2b(digest(in, "commandDigest"));
      }
      case SESSION_AUDIT -> {
        other.u8(in.yesNo("exclusiveSession") ? 1 : 0);
        other.tpm2b(digest(in, "sessionDigest"));
      }
      case TIME -> {
        other.u64(in.u64("time"));
        ClockInfo.read(in).write(other);
        other.u64(in.u64("timeFirmwareVersion"));
      }
    }
    return new Attested.Other(type, Octets.of(other.toByteArray()));
  }

  private static Octets digest(TpmReader in, String field) throws MalformedEvidenceException {
    return in.tpm2b(field, MAX_DIGEST);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TpmsAttest that && encoded.equals(that.encoded);
  }

  @Override
  public int hashCode() {
    return encoded.hashCode();
  }

  @Override
  public String toString() {
    return "TPMS_ATTEST(" + type() + ", " + encoded.length() + " bytes)";
  }
}
