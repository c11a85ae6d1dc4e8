// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/**
 * TPMS_CREATION_DATA (Part 2, 15.1): the circumstances in which a TPM made an object, beside the bytes
 * they were read from. A claim like any other until a certification vouches for its digest.
 *
 * <pre>
 * pcrSelect(TPML_PCR_SELECTION, may be empty) pcrDigest(TPM2B) locality(1)
 * parentNameAlg(2) parentName(TPM2B) parentQualifiedName(TPM2B) outsideInfo(TPM2B)
 * </pre>
 */
public final class CreationData {
  /** Longest TPMS_CREATION_DATA in bytes: sixteen banks and the longest digest, names and data. */
  static final int MAX_BYTES = 512;

  private static final int MAX_DIGEST = 64;

  /** TPMA_LOCALITY (Part 2, 8.5): bits of localities 0 to 4; from 32 on the number itself. */
  private static final int PLAIN_LOCALITIES = 5;

  private static final int FIRST_EXTENDED_LOCALITY = 32;

  private final Octets encoded;
  private final Optional<PcrSelection> pcrSelection;
  private final Octets pcrDigest;
  private final int locality;
  private final Optional<TpmAlg> parentNameAlg;
  private final TpmName parentName;
  private final TpmName parentQualifiedName;
  private final Octets outsideInfo;

  private CreationData(TpmReader in, byte[] bytes) throws MalformedEvidenceException {
    this.encoded = Octets.of(bytes);
    this.pcrSelection = PcrSelection.readIfAny(in, "creation.pcrSelect");
    this.pcrDigest = in.tpm2b("creation.pcrDigest", MAX_DIGEST);
    this.locality = readLocality(in);
    this.parentNameAlg = readNameAlg(in);
    this.parentName = readParent(in, "creation.parentName", parentNameAlg);
    this.parentQualifiedName = readParent(in, "creation.parentQualifiedName", parentNameAlg);
    this.outsideInfo = in.tpm2b("creation.outsideInfo", TpmsAttest.MAX_EXTRA_DATA);
    in.end("creation");
  }

  /**
   * Parses a bare TPMS_CREATION_DATA.
   *
   * @throws MalformedEvidenceException if it is none, or does not end at the end
   */
  public static CreationData parse(byte[] bytes) throws MalformedEvidenceException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedEvidenceException(
          "creation", 0, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    return new CreationData(new TpmReader(bytes), bytes);
  }

  /**
   * Parses a TPM2B_CREATION_DATA, as TPM2_Create and TPM2_CreatePrimary return it.
   *
   * @throws MalformedEvidenceException if it is none, or does not end at the end
   */
  public static CreationData parseTpm2b(byte[] bytes) throws MalformedEvidenceException {
    return parse(TpmReader.contentOfTpm2b(bytes, "creation", MAX_BYTES));
  }

  private static int readLocality(TpmReader in) throws MalformedEvidenceException {
    int at = in.position();
    int bits = in.u8("creation.locality");
    if (bits >= FIRST_EXTENDED_LOCALITY) {
      return bits;
    }
    if (Integer.bitCount(bits) != 1) {
      throw in.malformed("creation.locality", at, "one locality", "bits " + bits);
    }
    return Integer.numberOfTrailingZeros(bits);
  }

  /** TPM_ALG_NULL says that the parent is a hierarchy, which has a handle for its name. */
  private static Optional<TpmAlg> readNameAlg(TpmReader in) throws MalformedEvidenceException {
    int at = in.position();
    int id = in.u16("creation.parentNameAlg");
    if (id == TpmAlg.NULL.id()) {
      return Optional.empty();
    }
    return Optional.of(
        TpmAlg.ofId(id)
            .filter(TpmAlg::isHash)
            .orElseThrow(
                () ->
                    in.malformed(
                        "creation.parentNameAlg",
                        at,
                        "null or a known hash algorithm",
                        TpmReader.hex16(id))));
  }

  private static TpmName readParent(TpmReader in, String field, Optional<TpmAlg> nameAlg)
      throws MalformedEvidenceException {
    int at = in.position();
    TpmName name = TpmName.read(in, field);
    if (!name.nameAlg().equals(nameAlg) || name.value().length() == 0) {
      throw in.malformed(
          field,
          at,
          nameAlg.map(alg -> "a name of " + alg).orElse("a hierarchy's handle"),
          name.hex());
    }
    return name;
  }

  /** The wire form of creation data with these fields, as a TPM makes it. */
  static byte[] marshal(
      Optional<PcrSelection> pcrSelection,
      Octets pcrDigest,
      int locality,
      TpmName parentName,
      TpmName parentQualifiedName,
      Octets outsideInfo) {
    TpmWriter out = new TpmWriter();
    pcrSelection.ifPresentOrElse(selection -> selection.write(out), () -> out.u32(0));
    out.tpm2b(pcrDigest);
    out.u8(locality < PLAIN_LOCALITIES ? 1 << locality : locality);
    out.alg(parentName.nameAlg().orElse(TpmAlg.NULL));
    out.tpm2b(parentName.value()).tpm2b(parentQualifiedName.value());
    return out.tpm2b(outsideInfo).toByteArray();
  }

  /** The bytes that were parsed, without a TPM2B size. */
  public byte[] bytes() {
    return encoded.bytes();
  }

  /** The digest that TPM2_CertifyCreation signs (Part 3, 18.3), with the created object's nameAlg. */
  public TpmDigest digest(TpmAlg nameAlg) {
    return TpmDigest.of(nameAlg, nameAlg.newDigest().digest(encoded.bytes()));
  }

  /** The PCRs that the creator asked to have recorded; absent where it asked for none. */
  public Optional<PcrSelection> pcrSelection() {
    return pcrSelection;
  }

  /** Digest of their values with the object's nameAlg; empty, or of nothing, where there are none. */
  public Octets pcrDigest() {
    return pcrDigest;
  }

  /** Where the command came from: 0 to 4, of which firmware and DRTM have 3 and 4, or 32 to 255. */
  public int locality() {
    return locality;
  }

  /** Hash of the parent's name; absent where the parent is a hierarchy. */
  public Optional<TpmAlg> parentNameAlg() {
    return parentNameAlg;
  }

  /** The parent's name; a hierarchy's handle where the object is primary. */
  public TpmName parentName() {
    return parentName;
  }

  /** The parent's qualified name; a hierarchy's handle where the object is primary. */
  public TpmName parentQualifiedName() {
    return parentQualifiedName;
  }

  /** What the creator had the TPM record beside it. */
  public Octets outsideInfo() {
    return outsideInfo;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CreationData that && encoded.equals(that.encoded);
  }

  @Override
  public int hashCode() {
    return encoded.hashCode();
  }

  @Override
  public String toString() {
    return "TPMS_CREATION_DATA(parent " + parentName + ", locality " + locality + ")";
  }
}
