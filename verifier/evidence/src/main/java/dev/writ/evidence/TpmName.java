// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.MessageDigest;
import java.util.Optional;

/**
 * The content of a TPM2B_NAME (Part 1, 16): how the TPM calls an entity.
 *
 * <p>An object's name is its nameAlg followed by the digest of its public area; a handle's name is
 * the handle itself; an empty name stands for none.
 *
 * @param value nothing, four bytes, or an algorithm and its digest
 */
public record TpmName(Octets value) {
  /** Handle of the endorsement hierarchy, TPM_RH_ENDORSEMENT. */
  public static final TpmName ENDORSEMENT_HIERARCHY = new TpmName(Octets.fromHex("4000000b"));

  /** A TPM2B_NAME holds a TPMT_HA at most: an algorithm and a 64-byte digest. */
  static final int MAX_BYTES = 66;

  /** Checks the form. */
  public TpmName {
    if (!isName(value.bytes())) {
      throw new IllegalArgumentException("no TPM name: " + value);
    }
  }

  /**
   * The name with these bytes, as tpm2-tss gives {@code TPM2B_NAME.name}.
   *
   * @throws MalformedEvidenceException if they are no name
   */
  public static TpmName parse(byte[] name) throws MalformedEvidenceException {
    if (!isName(name)) {
      throw notAName("name", 0, Octets.of(name));
    }
    return new TpmName(Octets.of(name));
  }

  static TpmName read(TpmReader in, String field) throws MalformedEvidenceException {
    int at = in.position();
    Octets value = in.tpm2b(field, MAX_BYTES);
    if (!isName(value.bytes())) {
      throw notAName(field, at, value);
    }
    return new TpmName(value);
  }

  static TpmName ofObject(TpmAlg nameAlg, byte[] publicArea) {
    return concatenated(nameAlg, nameAlg.newDigest().digest(publicArea));
  }

  /**
   * The qualified name of an object below {@code parent} (Part 1, 16.3): the digest of the parent's
   * qualified name and the object's name. A primary object's parent is its hierarchy's handle.
   *
   * @param parent qualified name of the parent, such as {@link #ENDORSEMENT_HIERARCHY}
   * @throws IllegalStateException if this is no object's name
   */
  public TpmName qualifiedUnder(TpmName parent) {
    TpmAlg nameAlg =
        nameAlg()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "bug: only an object has a qualified name, not " + this));
    MessageDigest digest = nameAlg.newDigest();
    parent.value.update(digest);
    value.update(digest);
    return concatenated(nameAlg, digest.digest());
  }

  /** The hash that makes an object's name; absent where this is a handle or stands for none. */
  public Optional<TpmAlg> nameAlg() {
    byte[] name = value.bytes();
    return name.length <= 4
        ? Optional.empty()
        : TpmAlg.ofId((name[0] & 0xff) << 8 | name[1] & 0xff);
  }

  /** A copy of the name's bytes, without a TPM2B size. */
  public byte[] bytes() {
    return value.bytes();
  }

  /** Lower-case hexadecimal digits. */
  public String hex() {
    return value.hex();
  }

  @Override
  public String toString() {
    return value.hex();
  }

  private static TpmName concatenated(TpmAlg nameAlg, byte[] digest) {
    return new TpmName(Octets.of(new TpmWriter().alg(nameAlg).bytes(digest).toByteArray()));
  }

  private static boolean isName(byte[] name) {
    if (name.length == 0 || name.length == 4) {
      return true;
    }
    if (name.length < 2) {
      return false;
    }
    return TpmAlg.ofId((name[0] & 0xff) << 8 | name[1] & 0xff)
        .filter(TpmAlg::isHash)
        .filter(alg -> alg.digestBytes() == name.length - 2)
        .isPresent();
  }

  private static MalformedEvidenceException notAName(String field, int at, Octets value) {
    return new MalformedEvidenceException(
        field, at, "empty, a handle, or a hash algorithm and its digest", value.hex());
  }
}
