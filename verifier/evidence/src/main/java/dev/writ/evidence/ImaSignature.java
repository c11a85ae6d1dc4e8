// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/**
 * The signature of a file in its extended attribute {@code security.ima}, as an entry carries it
 * (Linux, struct signature_v2_hdr; numbers are big-endian):
 *
 * <pre>
 * type(1) version(1) hash_algo(1) keyid(4) sig_size(2) sig
 * </pre>
 *
 * <p>Version 2 is over the file's digest. Version 3 is over the digest of {@code type(1) hash_algo(1)
 * digest}, and the only one for a digest of fs-verity.
 *
 * @param type 3, a file's, or 6, one over a digest of fs-verity
 * @param version 2 or 3
 * @param hash the algorithm of the digest
 * @param keyId which key signed: a hint, not an identity
 * @param value PKCS #1 v1.5 of RSA, or ECDSA in DER
 */
record ImaSignature(int type, int version, TpmAlg hash, int keyId, Octets value) {
  /** EVM_IMA_XATTR_DIGSIG. */
  static final int FILE = 3;

  /** IMA_VERITY_DIGSIG. */
  static final int VERITY = 6;

  private static final int HEADER_BYTES = 9;

  /** {@code enum hash_algo} of Linux, as far as it is judged. */
  private static Optional<TpmAlg> hash(int id) {
    return switch (id) {
      case 4 -> Optional.of(TpmAlg.SHA256);
      case 5 -> Optional.of(TpmAlg.SHA384);
      case 6 -> Optional.of(TpmAlg.SHA512);
      case 20 -> Optional.of(TpmAlg.SHA3_256);
      case 21 -> Optional.of(TpmAlg.SHA3_384);
      case 22 -> Optional.of(TpmAlg.SHA3_512);
      default -> Optional.empty();
    };
  }

  static int id(TpmAlg hash) {
    for (int id = 0; id < 32; id++) {
      if (hash(id).equals(Optional.of(hash))) {
        return id;
      }
    }
    throw new IllegalStateException("bug: no number for " + hash);
  }

  static ImaSignature parse(byte[] bytes) throws MalformedEvidenceException {
    TpmReader in = new TpmReader(bytes);
    int type = in.u8("imaSignature.type");
    if (type != FILE && type != VERITY) {
      throw in.malformed("imaSignature.type", 0, "3 or 6", Integer.toString(type));
    }
    int version = in.u8("imaSignature.version");
    if (version != 3 && !(version == 2 && type == FILE)) {
      throw in.malformed("imaSignature.version", 1, "2 of a file, or 3", Integer.toString(version));
    }
    int hashId = in.u8("imaSignature.hash");
    TpmAlg hash =
        hash(hashId)
            .orElseThrow(
                () ->
                    in.malformed(
                        "imaSignature.hash", 2, "of SHA-2 or SHA-3", Integer.toString(hashId)));
    int keyId = (int) in.u32("imaSignature.keyId");
    int size = in.u16("imaSignature.size");
    if (size != bytes.length - HEADER_BYTES || size == 0) {
      throw in.malformed(
          "imaSignature.size", 7, "what follows, not nothing", Integer.toString(size));
    }
    Octets value = in.octets("imaSignature.value", size);
    in.end("imaSignature");
    return new ImaSignature(type, version, hash, keyId, value);
  }

  byte[] encode() {
    return new TpmWriter()
        .u8(type)
        .u8(version)
        .u8(id(hash))
        .u32(keyId & 0xffffffffL)
        .u16(value.length())
        .octets(value)
        .toByteArray();
  }

  /** The digest that is signed, where this signature is for a digest of that kind and algorithm. */
  Optional<byte[]> signedDigest(TpmAlg digestHash, boolean verity, byte[] digest) {
    if (digestHash != hash || verity != (type == VERITY)) {
      return Optional.empty();
    }
    if (version == 2) {
      return Optional.of(digest);
    }
    byte[] fileId = new TpmWriter().u8(type).u8(id(hash)).bytes(digest).toByteArray();
    return Optional.of(hash.newDigest().digest(fileId));
  }
}
