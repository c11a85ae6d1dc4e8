// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.fixtures.Wire;
import java.nio.charset.StandardCharsets;

/**
 * A TPMS_ATTEST (Part 2, 10.12.12) in the making: valid as it starts out, each part replaceable.
 *
 * @param magic TPM_GENERATED_VALUE in what a TPM made
 * @param type TPM_ST_ATTEST
 * @param signer qualified name of the signing key
 * @param extraData what the TPM was to sign along
 * @param attested the part that depends on the type
 */
record Statement(int magic, int type, byte[] signer, byte[] extraData, byte[] attested) {
  static final byte[] QUALIFYING_DATA =
      CorpusKey.digest(CorpusKey.SHA256, "challenge".getBytes(StandardCharsets.US_ASCII));

  static final byte[] ENDORSEMENT_HIERARCHY = {0x40, 0, 0, 0x0b};

  static final int CERTIFY = 0x8017;
  static final int QUOTE = 0x8018;
  static final int CREATION = 0x801a;

  private static final int GENERATED = 0xff544347;

  private static Statement of(int type, byte[] attested) {
    return new Statement(GENERATED, type, ENDORSEMENT_HIERARCHY, QUALIFYING_DATA, attested);
  }

  /** A quote of {@code pcrs}, whose digest a signing scheme with {@code hash} makes. */
  static Statement quote(Pcrs pcrs, int hash) {
    return quote(pcrs.selection(), pcrs.digest(hash));
  }

  /** TPMS_QUOTE_INFO. */
  static Statement quote(byte[] selection, byte[] pcrDigest) {
    return of(QUOTE, new Wire().bytes(selection).sized(pcrDigest).toByteArray());
  }

  /** TPMS_CERTIFY_INFO of a primary key of the endorsement hierarchy. */
  static Statement certification(CorpusKey.Area key) {
    byte[] name = key.name();
    return of(CERTIFY, new Wire().sized(name).sized(qualifiedName(key)).toByteArray());
  }

  /** H(qualified name of the parent ‖ name), of a primary key of the endorsement hierarchy. */
  static byte[] qualifiedName(CorpusKey.Area key) {
    return CorpusKey.nameOf(
        key.nameAlg(), new Wire().bytes(ENDORSEMENT_HIERARCHY).bytes(key.name()).toByteArray());
  }

  Statement withMagic(int other) {
    return new Statement(other, type, signer, extraData, attested);
  }

  Statement withSigner(byte[] other) {
    return new Statement(magic, type, other, extraData, attested);
  }

  Statement withExtraData(byte[] other) {
    return new Statement(magic, type, signer, other, attested);
  }

  /** The same head with another kind of statement in it. */
  Statement saying(int otherType, byte[] otherAttested) {
    return new Statement(magic, otherType, signer, extraData, otherAttested);
  }

  /** The wire form; in clockInfo all is well. */
  byte[] encode() {
    Wire wire = new Wire().u32(magic).u16(type).sized(signer).sized(extraData);
    writeClockInfo(wire);
    return wire.u64(0x2019_1023_0016_3636L).bytes(attested).toByteArray();
  }

  /** TPMS_CLOCK_INFO. */
  static void writeClockInfo(Wire wire) {
    wire.u64(123_456).u32(7).u32(3).u8(1);
  }
}
