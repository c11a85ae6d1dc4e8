// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** TPMU_ATTEST (Part 2, 10.12.11): the part of an attestation that depends on its type. */
public sealed interface Attested {
  /** The type that says which of these it is. */
  AttestType type();

  /** The wire form. */
  byte[] encode();

  /**
   * TPMS_QUOTE_INFO.
   *
   * @param pcrSelect which PCRs, as the TPM edited it: PCRs and banks that it does not have are
   *     cleared
   * @param pcrDigest over their values, with the signing scheme's hash
   */
  record Quote(PcrSelection pcrSelect, Octets pcrDigest) implements Attested {
    @Override
    public AttestType type() {
      return AttestType.QUOTE;
    }

    @Override
    public byte[] encode() {
      return new TpmWriter().bytes(pcrSelect.encode()).tpm2b(pcrDigest).toByteArray();
    }
  }

  /**
   * TPMS_CERTIFY_INFO.
   *
   * @param name of the certified object
   * @param qualifiedName of the certified object
   */
  record Certify(TpmName name, TpmName qualifiedName) implements Attested {
    @Override
    public AttestType type() {
      return AttestType.CERTIFY;
    }

    @Override
    public byte[] encode() {
      return new TpmWriter().tpm2b(name.value()).tpm2b(qualifiedName.value()).toByteArray();
    }
  }

  /**
   * TPMS_CREATION_INFO.
   *
   * @param objectName of the created object
   * @param creationHash over its creation data
   */
  record Creation(TpmName objectName, Octets creationHash) implements Attested {
    @Override
    public AttestType type() {
      return AttestType.CREATION;
    }

    @Override
    public byte[] encode() {
      return new TpmWriter().tpm2b(objectName.value()).tpm2b(creationHash).toByteArray();
    }
  }

  /**
   * An attestation that nothing here judges, its form checked and its bytes kept.
   *
   * @param type none of quote, certify and creation
   * @param content the structure's bytes
   */
  record Other(AttestType type, Octets content) implements Attested {
    @Override
    public byte[] encode() {
      return content.bytes();
    }
  }
}
